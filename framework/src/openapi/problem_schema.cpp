#include "openapi/problem_schema.h"

#include <string_view>
#include <utility>

#include "openapi/json_text.h"

namespace rondeau::openapi {
namespace {

void text(JsonText& out, std::string_view name, std::string_view description) {
  out.key(name).begin_object().member("type", "string").member("description", description).end_object();
}

std::string make() {
  JsonText out;
  out.begin_object().member("type", "object").member("description", "What went wrong (RFC 9457)");
  out.key("properties").begin_object();
  text(out, "type", "a URI that names the kind of problem, or about:blank");
  text(out, "title", "the kind of problem");
  out.key("status").begin_object().member("type", "integer").end_object();
  text(out, "detail", "what went wrong this time");
  text(out, "instance", "the path that was asked");
  text(out, "request_id", "what logs call the request");
  out.key("errors").begin_object().member("type", "array").key("items").begin_object().member("type", "object");
  out.key("properties").begin_object();
  text(out, "in", "path, query, header, cookie or body");
  text(out, "pointer", "a name; in a body an RFC 6901 pointer");
  text(out, "code", "what is wrong, for programs");
  text(out, "message", "what is wrong, for people");
  out.end_object().end_object().end_object();
  out.end_object();
  out.key("required").begin_array().string("type").string("title").string("status").end_array();
  out.end_object();
  return std::move(out).take();
}

}  // namespace

const std::string& problem_schema() {
  static const std::string text = make();
  return text;
}

}  // namespace rondeau::openapi
