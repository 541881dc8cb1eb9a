// Json<T> as a handler's parameter.
#pragma once

#include <memory>
#include <string_view>

#include <rondeau/extract/extractor.h>
#include <rondeau/json/as_json.h>
#include <rondeau/reflect/describe.h>

namespace rondeau::extract {

/// Reads the body into a described value. Rejects with 415 (not application/json and no +json), 400 (no JSON) or 422
/// (not what the type says; up to Limits::max_listed_errors are listed).
bool json_body(const http::Request& request, const reflect::Descriptor& type, void* value, Rejection& rejection);
void describe_json_body(const reflect::Descriptor& type, schema::Operation& operation);

}  // namespace rondeau::extract

namespace rondeau {

template <class T>
struct Extract<Json<T>> {
  static constexpr bool reads_body = true;
  static bool extract(extract::Context& context, Json<T>* slot, Rejection& rejection) {
    std::construct_at(slot);
    if (extract::json_body(context.request(), reflect::describe<T>(), &slot->value, rejection)) return true;
    std::destroy_at(slot);
    return false;
  }
  static void describe(schema::Operation& operation) {
    extract::describe_json_body(reflect::describe<T>(), operation);
  }
};

}  // namespace rondeau
