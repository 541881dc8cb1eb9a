// Regular expressions that run in linear time: no backtracking, no recursion over the text.
//
// Grammar: literals, `.`, classes `[a-z]` `[^…]` `\d \w \s \D \W \S`, escapes `\n \r \t \.`…, groups `( )` `(?: )`,
// alternation `|`, repetition `* + ? {n} {n,} {n,m}`, anchors `^ $`. As in JSON Schema a pattern may match anywhere
// unless it is anchored. It works on Unicode characters, and the classes know ASCII only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rondeau::reflect {

enum class PatternError : std::uint8_t { None, Syntax, TooBig };

/// A compiled pattern. Matching takes time text × states and never allocates more than twice the states.
///
/// Thread safety: matches() from any thread.
class Pattern {
 public:
  /// At most this many states, after bounded repetitions are written out.
  static constexpr std::size_t kMaxStates = 2'000;

  /// Compiles; `error()` tells how it went. A pattern with an error matches nothing.
  constexpr explicit Pattern(std::string_view text);
  constexpr PatternError error() const { return error_; }

  /// Whether it matches somewhere in `text`, which is UTF-8.
  bool matches(std::string_view text) const;

 private:
  struct Range {
    char32_t first;
    char32_t last;
  };
  enum class Op : std::uint8_t { Class, Split, Jump, Begin, End, Match };
  struct State {
    Op op;
    bool negated = false;
    std::uint32_t a = 0;  // Class: first range. Split, Jump: where to go
    std::uint32_t b = 0;  // Class: one past the last range. Split: the other way
  };
  class Compiler;
  class Run;

  std::vector<State> states_;
  std::vector<Range> ranges_;
  PatternError error_ = PatternError::None;
};

}  // namespace rondeau::reflect

#include <rondeau/reflect/pattern_inl.h>
