import { fastifySwagger } from "@fastify/swagger";
import { fastifySwaggerUi } from "@fastify/swagger-ui";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { openApiOptions } from "../openapi.js";

/** The functions of Swagger UI, as far as they are replaced here. */
interface SwaggerUi {
  fn: { getSampleSchema: (schema: object, type: string, config: object, example: unknown) => unknown };
}

/**
 * A plugin of Swagger UI: an example of lines is shown, and sent, as it is. It takes every type with "json" in its name for JSON,
 * and would send the lines as one string in quotes. Runs in the browser, from its text: nothing around it is there.
 */
const linesAsTheyAre = () => ({
  afterLoad(this: SwaggerUi) {
    const { getSampleSchema } = this.fn;
    this.fn.getSampleSchema = (schema, type, config, example) =>
      /ndjson/.test(type) && typeof example === "string" ? example : getSampleSchema(schema, type, config, example);
  },
});

/**
 * Collects the API's own description. To be registered before the routes that it is to describe: it listens for routes as they are
 * added.
 * @param version of the software
 */
export function describeRoutes(version: string): FastifyPluginAsyncZod {
  const describing: FastifyPluginAsyncZod = async (app) => void (await app.register(fastifySwagger, openApiOptions(version)));
  // Not in a scope of its own: it would see its own routes only.
  return Object.assign(describing, { [Symbol.for("skip-override")]: true });
}

/** Shows the description: `/openapi.json`, and a page at `/docs`. */
export function docsRoutes(): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(fastifySwaggerUi, {
      routePrefix: "/docs",
      // The other layout has a bar with a logo, whose <style> the content policy refuses.
      uiConfig: { layout: "BaseLayout", docExpansion: "list", deepLinking: true, validatorUrl: null, plugins: [linesAsTheyAre] },
      theme: { title: "StreamForge API" },
    });
    app.get(
      "/openapi.json",
      {
        schema: {
          tags: ["documentation"],
          summary: "This API as OpenAPI 3.1",
          response: { 200: { description: "OpenAPI 3.1", content: { "application/json": { schema: z.record(z.string(), z.unknown()) } } } },
        },
      },
      async () => app.swagger() as unknown as Record<string, unknown>,
    );
  };
}
