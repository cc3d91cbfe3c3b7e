console.log('sallyport');
