// The text of a statement: a literal, whose placeholders are counted while the program is compiled.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/sql/placeholders.h>

namespace rondeau::sql {

/// A text that is put together at run time; a reviewer can search for who makes one.
class Unchecked {
 public:
  const std::string& text() const noexcept { return text_; }

 private:
  friend Unchecked unchecked(std::string text);
  explicit Unchecked(std::string text) noexcept : text_(std::move(text)) {}
  std::string text_;
};

/// Lets a text pass that is no literal. What users typed belongs into parameters, never in here.
/// The placeholders are counted when it runs: a wrong number is an error of kind Encode.
inline Unchecked unchecked(std::string text) {
  return Unchecked(std::move(text));
}

/// The text of a statement, where a Statement keeps it. A literal is not copied; its address is a quick first key to
/// what a back end has prepared.
class StatementText {
 public:
  StatementText() = default;
  explicit StatementText(std::string_view literal) noexcept : view_(literal) {}
  explicit StatementText(const Unchecked& text)
      : owned_(std::make_shared<const std::string>(text.text())), view_(*owned_) {}

  std::string_view view() const noexcept { return view_; }
  /// Of a literal: equal addresses are equal texts. Null for others.
  const void* literal() const noexcept { return owned_ == nullptr ? view_.data() : nullptr; }

 private:
  std::shared_ptr<const std::string> owned_;  // null: a literal. Shared by copies
  std::string_view view_;
};

enum class Mistake { None, Malformed, Named, TooFew, TooMany, Gap };
constexpr Mistake why_not(std::string_view text, std::size_t arguments) {
  const Placeholders found = count_placeholders(text);
  if (found.malformed) return Mistake::Malformed;
  if (found.named) return Mistake::Named;
  if (found.highest > arguments) return Mistake::TooFew;
  if (found.highest < arguments) return Mistake::TooMany;
  return found.gap ? Mistake::Gap : Mistake::None;
}

/// What the verbs take: `db.all<User>("select * from users where org = $1", org)`.
///
/// Made from a string literal, in which `$1`, `$2` … are the arguments that follow. A run-time string does not compile,
/// nor does a literal that leaves out an argument or names one that is not there. `$n` in quotes, comments and
/// dollar-quoted bodies is text. Lifetime: one made from unchecked() borrows it, for the call.
template <class... Args>
class Text {
 public:
  template <std::size_t N>
  consteval Text(const char (&literal)[N])  // NOLINT(google-explicit-constructor): a literal is what one writes
#if defined(__clang__)
  // Its own words for a consteval constructor that fails stand far from what is wrong.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgcc-compat"
  __attribute__((
      diagnose_if(why_not(std::string_view(literal, N - 1), sizeof...(Args)) == Mistake::Malformed,
                  "rondeau: this statement ends inside of a quote or a comment, or has a NUL", "error"),
      diagnose_if(why_not(std::string_view(literal, N - 1), sizeof...(Args)) == Mistake::Named,
                  "rondeau: placeholders are $1, $2 …: a number from 1 on after a dollar sign", "error"),
      diagnose_if(why_not(std::string_view(literal, N - 1), sizeof...(Args)) == Mistake::TooFew,
                  "rondeau: this statement has more placeholders than there are arguments", "error"),
      diagnose_if(why_not(std::string_view(literal, N - 1), sizeof...(Args)) == Mistake::TooMany,
                  "rondeau: there are more arguments than this statement has placeholders", "error"),
      diagnose_if(why_not(std::string_view(literal, N - 1), sizeof...(Args)) == Mistake::Gap,
                  "rondeau: an argument is used by no placeholder of this statement", "error")))
#pragma clang diagnostic pop
#endif
      : literal_(literal, N - 1) {
    if (why_not(literal_, sizeof...(Args)) != Mistake::None) throw "rondeau: the placeholders of this statement are not its arguments";
  }
  Text(const Unchecked& text) noexcept : unchecked_(&text) {}  // NOLINT(google-explicit-constructor)

  StatementText statement() const {
    return unchecked_ == nullptr ? StatementText(literal_) : StatementText(*unchecked_);
  }

 private:
  std::string_view literal_;
  const Unchecked* unchecked_ = nullptr;
};

}  // namespace rondeau::sql
