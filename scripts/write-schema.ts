/** Writes sallyport.schema.json, with which editors complete and check sallyport.yaml. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../src/control/config/json-schema.ts';

const file = join(import.meta.dirname, '../sallyport.schema.json');
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
console.log(`wrote ${file}`);
