#include "openapi/json_text.h"

#include "json/output.h"

namespace rondeau::openapi {

JsonText& JsonText::key(std::string_view name) {
  string(name);
  text_ += ": ";
  after_key_ = true;
  return *this;
}

JsonText& JsonText::string(std::string_view text) {
  separate();
  json::Output out(text_);
  json::put_string(out, text);
  out.flush();
  return *this;
}

JsonText& JsonText::verbatim(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

// A line break inside of a string is written as an escape, so that every one seen here is ours.
JsonText& JsonText::nested(std::string_view json) {
  separate();
  if (json.ends_with('\n')) json.remove_suffix(1);
  for (const char c : json) {
    text_ += c;
    if (c == '\n') text_.append(2 * depth_, ' ');
  }
  return *this;
}

JsonText& JsonText::begin(char bracket) {
  separate();
  text_ += bracket;
  ++depth_;
  first_ = true;
  return *this;
}

JsonText& JsonText::end(char bracket) {
  --depth_;
  if (!first_) new_line();
  text_ += bracket;
  first_ = false;
  if (depth_ == 0) text_ += '\n';
  return *this;
}

void JsonText::separate() {
  if (!std::exchange(after_key_, false) && depth_ > 0) {
    if (!first_) text_ += ',';
    new_line();
  }
  first_ = false;
}

void JsonText::new_line() {
  text_ += '\n';
  text_.append(2 * depth_, ' ');
}

}  // namespace rondeau::openapi
