// Conditions: If-Match and its kin as a handler's parameter, beside one that reads the body.
//
//     Task<Result<Json<Page>, Unmet>> write(State<App> app, Json<Page> page, Conditions conditions) {
//       RONDEAU_TRY_VOID(etag(app->version).require(conditions));  // 412 to who has another one
//       …
#pragma once

#include <rondeau/extract/extractor.h>
#include <rondeau/http/preconditions.h>

namespace rondeau {

/// Never rejects: fields that are malformed fail or are ignored as http::evaluate_preconditions() says.
template <>
struct Extract<http::Conditions> {
  static bool extract(extract::Context& context, http::Conditions* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};

}  // namespace rondeau
