#include <rondeau/reflect/pattern.h>

#include <algorithm>

namespace rondeau::reflect {
namespace {

// The next character of UTF-8 text; a malformed byte counts as one character that no pattern names.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
  if (length == 0 || at + length > text.size()) return U'\xFFFD';
  char32_t value = lead & (0x3fU >> length);
  for (std::size_t i = 0; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xc0) != 0x80) return U'\xFFFD';
    value = (value << 6) | (next & 0x3f);
  }
  at += length;
  return value;
}

}  // namespace

/// Thompson's simulation: all states at once, one pass over the text.
class Pattern::Run {
 public:
  Run(const Pattern& pattern, std::string_view text)
      : pattern_(pattern), text_(text), mark_(pattern.states_.size(), kNever) {}

  bool matches() {
    std::vector<std::uint32_t> now;  // the states alive at this position that want a character
    std::vector<std::uint32_t> next;
    for (std::size_t at = 0;;) {
      add(now, 0, at);  // a match may begin anywhere
      if (matched_ || at == text_.size()) return matched_;
      std::size_t after = at;
      const char32_t character = next_character(text_, after);
      next.clear();
      for (std::uint32_t state : now) {
        if (accepts(pattern_.states_[state], character)) add(next, state + 1, after);
      }
      std::swap(now, next);
      at = after;
      if (matched_) return true;
    }
  }

 private:
  static constexpr std::size_t kNever = ~std::size_t{0};

  // Adds a state and all it leads to without reading a character.
  void add(std::vector<std::uint32_t>& alive, std::uint32_t first, std::size_t at) {
    todo_.push_back(first);
    while (!todo_.empty()) {
      const std::uint32_t index = todo_.back();
      todo_.pop_back();
      if (mark_[index] == at) continue;
      mark_[index] = at;
      const State& state = pattern_.states_[index];
      switch (state.op) {
        case Op::Class:
          alive.push_back(index);
          break;
        case Op::Jump:
          todo_.push_back(state.a);
          break;
        case Op::Split:
          todo_.push_back(state.b);
          todo_.push_back(state.a);
          break;
        case Op::Begin:
          if (at == 0) todo_.push_back(index + 1);
          break;
        case Op::End:
          if (at == text_.size()) todo_.push_back(index + 1);
          break;
        case Op::Match:
          matched_ = true;
          break;
      }
    }
  }

  bool accepts(const State& state, char32_t character) const {
    const auto* begin = pattern_.ranges_.data();
    const bool inside = std::any_of(begin + state.a, begin + state.b, [character](const Range& range) {
      return range.first <= character && character <= range.last;
    });
    return inside != state.negated;
  }

  const Pattern& pattern_;
  std::string_view text_;
  std::vector<std::size_t> mark_;  // the last position at which a state was added
  std::vector<std::uint32_t> todo_;
  bool matched_ = false;
};

bool Pattern::matches(std::string_view text) const {
  return !states_.empty() && Run(*this, text).matches();
}

}  // namespace rondeau::reflect
