import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The JSON Schema (draft-07, which editors know best) of configuration files, made from the schema that validates them. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-07',
    // Defaults and examples are about what is written, also where it is transformed on its way in.
    override({ zodSchema, jsonSchema }) {
      const { default: byDefault, examples } = z.globalRegistry.get(zodSchema as z.core.$ZodType) ?? {};
      if (byDefault !== undefined) jsonSchema.default = byDefault;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
  return {
    ...schema,
    title: 'Sallyport configuration',
    description: 'Configuration of the Sallyport HTTPS gateway (sallyport.yaml).',
  };
}
