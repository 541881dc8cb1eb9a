#include <rondeau/http/request_head.h>

#include <rondeau/text/ascii.h>

namespace rondeau::http {

std::optional<std::string_view> RequestHeaders::get(HeaderName name) const noexcept {
  for (const HeadField& field : head_->fields) {
    if (field.id == name) return head_->text(field.value);
  }
  return std::nullopt;
}

std::optional<std::string_view> RequestHeaders::get(std::string_view name) const noexcept {
  HeaderName id = find_header_name(name);
  if (id != HeaderName::Other) return get(id);
  for (const HeadField& field : head_->fields) {
    if (field.id == id && text::equals_ignoring_case(head_->text(field.name), name)) return head_->text(field.value);
  }
  return std::nullopt;
}

std::size_t RequestHeaders::count(HeaderName name) const noexcept {
  std::size_t found = 0;
  for (const HeadField& field : head_->fields) found += field.id == name;
  return found;
}

std::size_t RequestHeaders::count(std::string_view name) const noexcept {
  HeaderName id = find_header_name(name);
  if (id != HeaderName::Other) return count(id);
  std::size_t found = 0;
  for (const HeadField& field : head_->fields) {
    found += field.id == id && text::equals_ignoring_case(head_->text(field.name), name);
  }
  return found;
}

bool RequestHeaders::list_contains(HeaderName name, std::string_view token) const noexcept {
  for (const HeadField& field : head_->fields) {
    if (field.id == name && text::list_contains(head_->text(field.value), token)) return true;
  }
  return false;
}

Headers RequestHeaders::own() const {
  Headers copy;
  for (HeaderField field : *this) {
    // The parser has checked every name and value by stricter rules.
    auto added = copy.append(field.name, field.value);
    RONDEAU_DEBUG_ASSERT(added.has_value());
  }
  return copy;
}

}  // namespace rondeau::http
