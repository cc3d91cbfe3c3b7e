/** A text as `sallyport.yaml` writes it, where `${NAME}` is replaced: every `${` of another server's configuration stays what it is. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${');
}
