#include "http2/answer_fields.h"

#include <charconv>

#include "http/field_check.h"

namespace rondeau::http2 {
namespace {

/// RFC 9113 §8.2.2: these say something about a connection of HTTP/1.1.
bool is_of_connection(http::HeaderName name) noexcept {
  using http::HeaderName;
  return name == HeaderName::Connection || name == HeaderName::KeepAlive || name == HeaderName::ProxyConnection ||
         name == HeaderName::TransferEncoding || name == HeaderName::Upgrade;
}

}  // namespace

Result<void> AnswerFields::fill(const http::Response& response, const http::AnswerContext& context) {
  RONDEAU_TRY_PLAIN(const http::AnswerPlan plan, http::plan_answer(response, context));
  head_ = plan.head;
  if (context.method == http::Method::Head) head_.mode = http::BodyMode::None;
  begin(response.status());
  for (const http::HeaderField field : response.headers()) {
    if (is_of_connection(field.id) || field.id == http::HeaderName::ContentLength) continue;
    add(field.name, field.value, field.id == http::HeaderName::SetCookie);
  }
  if (plan.sized) {
    const char* end = std::to_chars(std::begin(length_), std::end(length_), head_.length).ptr;
    add("content-length", {length_, static_cast<std::size_t>(end - length_)});
  }
  if (plan.wants_date) add("date", context.date);
  if (plan.wants_server) add("server", context.server);
  return {};
}

void AnswerFields::fill(http::StatusCode status, const http::Headers& headers) {
  begin(status);
  for (const http::HeaderField field : headers) {
    if (!is_of_connection(field.id)) add(field.name, field.value);
  }
}

void AnswerFields::fill_trailers(const http::Headers& trailers) {
  fields_.clear();
  for (const http::HeaderField field : trailers) {
    if (!is_of_connection(field.id) && !http::is_forbidden_trailer(field.id)) add(field.name, field.value);
  }
}

void AnswerFields::begin(http::StatusCode status) {
  fields_.clear();
  std::to_chars(std::begin(status_), std::end(status_), http::code(status));
  add(":status", {status_, sizeof(status_)});
}

void AnswerFields::add(std::string_view name, std::string_view value, bool secret) {
  // nghttp2 makes the name lower-case in its copy, and changes neither of ours.
  auto* const name_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  auto* const value_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  fields_.push_back({name_bytes, value_bytes, name.size(), value.size(),
                     static_cast<std::uint8_t>(secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)});
}

}  // namespace rondeau::http2
