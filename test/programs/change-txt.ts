/** `change-txt.ts URL set|clear NAME VALUE`: changes a TXT record at the challenge test server behind URL. */
const [url = '', action = '', name = '', value = ''] = process.argv.slice(2);
const body = JSON.stringify({ host: `${name}.`, ...(action === 'set' && { value }) });
const response = await fetch(`${url}/${action}-txt`, { method: 'POST', body });
if (!response.ok) throw new Error(`status ${response.status}`);
