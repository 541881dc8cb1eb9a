#include "response/html_place.h"

#include <algorithm>

#include <rondeau/text/ascii.h>

namespace rondeau::response {
namespace {

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) noexcept {
  return std::ranges::find(names, name) != names.end();
}

bool is_address(std::string_view attribute) noexcept {
  return is_one_of(attribute, {"href", "src", "action", "formaction", "cite", "poster", "background", "data",
                               "manifest", "longdesc", "usemap", "ping", "xlink:href"});
}
/// What stands behind these is no program.
bool is_harmless_scheme(std::string_view scheme) noexcept {
  return is_one_of(scheme, {"http", "https", "mailto", "tel"});
}
/// Attributes whose values have a language of their own, or that SVG's animations put in another one's place.
bool is_program(std::string_view attribute) noexcept {
  return attribute.starts_with("on") ||
         is_one_of(attribute, {"style", "srcset", "imagesrcset", "srcdoc", "values", "to", "from", "by", "http-equiv"});
}
/// `<meta http-equiv="refresh" content="0;url=…">`: what stands in it depends on what it is for.
bool is_directive(std::string_view tag, std::string_view attribute) noexcept {
  return tag == "meta" && attribute == "content";
}
bool is_raw(std::string_view tag) noexcept {
  return is_one_of(tag, {"script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"});
}

}  // namespace

void HtmlPlace::walk(std::string_view markup) {
  for (char c : markup) step(c);
}

void HtmlPlace::step(char c) {
  switch (state_) {
    case State::Text:
      if (c == '<') {
        state_ = State::Less;
        closing_ = false;
        tag_.clear();
      }
      return;
    case State::Less:
      if (c == '/' && !closing_) {
        closing_ = true;
      } else if (text::is_alpha(c)) {
        state_ = State::TagName;
        tag_ = text::to_lower(c);
      } else if (c == '!' || c == '?') {
        state_ = State::Declaration;
        tail_.clear();
      } else if (c != '<') {
        state_ = State::Text;
      }
      return;
    case State::Declaration:
      tail_ += c;
      if (tail_ == "--") {
        state_ = State::Comment;
        tail_.clear();
      } else if (c == '>') {
        state_ = State::Text;
        tail_.clear();
      }
      return;
    case State::Comment:
      tail_ = (tail_ + c).substr(tail_.size() < 3 ? 0 : 1);
      if (tail_ != "-->") return;
      state_ = State::Text;
      tail_.clear();
      return;
    case State::Raw:
      // Its end is `</`, the name, and what ends a name.
      tail_ += text::to_lower(c);
      if (std::string end = "</" + tag_; tail_.size() > end.size() ? true : !end.starts_with(tail_)) {
        const bool ended = tail_.starts_with(end) && (is_space(c) || c == '>' || c == '/');
        tail_ = ended || c != '<' ? "" : "<";
        if (ended) {
          closing_ = true;
          state_ = State::InTag;
          in_tag(c);
        }
      }
      return;
    case State::TagName:
      if (!is_space(c) && c != '>' && c != '/') {
        tag_ += text::to_lower(c);
        return;
      }
      state_ = State::InTag;
      return in_tag(c);
    case State::InTag:
      return in_tag(c);
    case State::AttributeName:
      if (c == '=') {
        end_name();
      } else if (is_space(c)) {
        state_ = State::BehindName;
      } else if (c == '>' || c == '/') {
        in_tag(c);
      } else {
        attribute_ += text::to_lower(c);
      }
      return;
    case State::BehindName:
      if (c == '=') {
        end_name();
      } else if (!is_space(c)) {
        in_tag(c);
      }
      return;
    case State::BeforeValue:
      if (is_space(c)) return;
      forget_address();
      if (c == '>') return end_tag();
      state_ = c == '"' ? State::DoubleQuoted : c == '\'' ? State::SingleQuoted : State::Unquoted;
      return;
    case State::DoubleQuoted:
    case State::SingleQuoted:
      if (c == (state_ == State::DoubleQuoted ? '"' : '\'')) {
        state_ = State::InTag;
      } else if (is_address(attribute_)) {
        in_address(c);
      }
      return;
    case State::Unquoted:
      if (c == '>') return end_tag();
      if (is_space(c)) state_ = State::InTag;
      return;
  }
}

void HtmlPlace::in_tag(char c) {
  if (c == '>') return end_tag();
  if (is_space(c) || c == '/') {
    state_ = State::InTag;
    return;
  }
  state_ = State::AttributeName;
  attribute_ = text::to_lower(c);
}

/// As browsers read an address: blanks and controls in front of it, and breaks of lines in it, are none of it.
void HtmlPlace::in_address(char c) {
  if (c == '\t' || c == '\n' || c == '\r' || (!address_begun_ && static_cast<unsigned char>(c) <= ' ')) return;
  address_begun_ = true;
  if (beginning_over_) return;
  if (c == ':' || c == '/' || c == '?' || c == '#') {
    end_beginning(c != ':' || is_harmless_scheme(beginning_));
  } else if (c == '&') {
    end_beginning(false);  // a reference may be a colon
  } else {
    beginning_ += text::to_lower(c);
  }
}

void HtmlPlace::end_beginning(bool harmless) noexcept {
  beginning_over_ = true;
  program_ = !harmless;
  beginning_.clear();
}

void HtmlPlace::forget_address() noexcept {
  address_begun_ = beginning_over_ = program_ = false;
  beginning_.clear();
}

void HtmlPlace::end_name() noexcept {
  state_ = State::BeforeValue;
  directs_ = directs_ || (tag_ == "meta" && attribute_ == "http-equiv");
  broken_ = broken_ || (directs_ && directive_gap_);
}

void HtmlPlace::pass_gap() {
  const Escape needed = escape();
  directive_gap_ = directive_gap_ || (needed == Escape::Attribute && is_directive(tag_, attribute_));
  if (needed != Escape::Address && needed != Escape::AddressPart) return;
  address_begun_ = true;
  if (!beginning_over_) beginning_ += '{';  // part of no scheme that is known
}

void HtmlPlace::end_tag() noexcept {
  state_ = !closing_ && is_raw(tag_) ? State::Raw : State::Text;
  if (state_ == State::Text) tag_.clear();
  attribute_.clear();
  tail_.clear();
  forget_address();
  closing_ = directs_ = directive_gap_ = false;
  ++tags_ended_;
}

bool HtmlPlace::closes(HtmlPlace begin) const {
  if (begin.tags_ended_ == tags_ended_) begin.directive_gap_ = directive_gap_;
  begin.tags_ended_ = tags_ended_;
  return *this == begin;
}

Escape HtmlPlace::escape() const noexcept {
  if (state_ == State::Text) return Escape::Text;
  if (state_ != State::DoubleQuoted && state_ != State::SingleQuoted) return Escape::None;
  if (is_program(attribute_) || (directs_ && is_directive(tag_, attribute_))) return Escape::None;
  if (!is_address(attribute_)) return Escape::Attribute;
  if (program_) return Escape::None;
  return address_begun_ ? Escape::AddressPart : Escape::Address;
}

std::string_view HtmlPlace::name() const noexcept {
  switch (state_) {
    case State::Raw:
      return "a script, a style or other raw text";
    case State::Comment:
    case State::Declaration:
      return "a comment or a declaration";
    case State::BeforeValue:
    case State::Unquoted:
      return "a value without quotes";
    case State::DoubleQuoted:
    case State::SingleQuoted:
      return program_ ? "an address whose scheme is none of http, https, mailto and tel"
                      : "an attribute that is a program";
    default:
      return "a tag";
  }
}

}  // namespace rondeau::response
