// HtmlPlace: where in a page one is, as far as escaping has to know it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rondeau::response {

enum class Escape : std::uint8_t {
  None,  ///< nothing may stand here
  Text,
  Attribute,
  Address,      ///< the beginning of one
  AddressPart,  ///< somewhere behind it
};

/// Walks over markup, character by character.
class HtmlPlace {
 public:
  void walk(std::string_view markup);
  /// What a gap here needs.
  Escape escape() const noexcept;
  /// A gap stood here.
  void pass_gap();
  /// What came behind a gap made a program of its place.
  bool is_broken() const noexcept { return broken_; }
  /// Where it is, for people.
  std::string_view name() const noexcept;

  /// Whether what stands between `begin` and here may be left out, or stand there again, and all behind it is judged
  /// alike. A gap in the content of a meta element is remembered until that element's end, so it makes no difference
  /// to a part of that element: what comes behind has to bear it whether it is there or not.
  bool closes(HtmlPlace begin) const;
  /// Whether it is in the middle of nothing.
  bool is_text() const noexcept { return state_ == State::Text; }

 private:
  bool operator==(const HtmlPlace&) const = default;

  enum class State : std::uint8_t {
    Text,
    Less,  // behind '<'
    TagName,
    InTag,
    AttributeName,
    BehindName,
    BeforeValue,
    DoubleQuoted,
    SingleQuoted,
    Unquoted,
    Comment,
    Declaration,  // <!doctype …>, <?…>
    Raw,          // what stands in script, style and their kin
  };

  void step(char c);
  void in_tag(char c);
  void in_address(char c);
  void end_beginning(bool harmless) noexcept;
  void forget_address() noexcept;
  void end_name() noexcept;
  void end_tag() noexcept;

  State state_ = State::Text;
  bool closing_ = false;
  bool address_begun_ = false;   // in an attribute that holds one
  bool beginning_over_ = false;  // what may be its scheme
  bool program_ = false;         // its scheme may be that of one
  std::string beginning_;        // in lower case, until it is over
  bool directs_ = false;         // a meta element that stands for a field of the answer
  bool directive_gap_ = false;   // in what that field would hold
  bool broken_ = false;
  std::size_t tags_ended_ = 0;
  std::string tag_;        // in lower case
  std::string attribute_;  // in lower case
  std::string tail_;       // of a comment or raw text: what may be its end
};

}  // namespace rondeau::response
