// Rules for Redocly CLI: everything that a reader meets by its name is described. What stands below `not` only says
// what goes with what.

const NAMED = /(^#\/components\/schemas|\/properties)\/[^/]+$/;

function schemas() {
  return {
    Schema(schema, { report, location }) {
      const place = location.pointer;
      if (NAMED.test(place) && !place.includes("/not/") && !schema.description) {
        report({ message: "Every schema and every field has a description.", location: location.key() });
      }
    },
  };
}

function headers() {
  return {
    Header(header, { report, location }) {
      if (!header.description) {
        report({ message: "Every header has a description.", location: location.key() });
      }
    },
  };
}

export default function described() {
  return { id: "described", rules: { oas3: { schemas, headers } } };
}
