// The compiler of patterns (Thompson's construction), constexpr so that a faulty Matches<"…"> does not compile.
#pragma once

#include <rondeau/reflect/pattern.h>

namespace rondeau::reflect {

class Pattern::Compiler {
 public:
  constexpr Compiler(std::string_view text, std::vector<State>& states, std::vector<Range>& ranges)
      : text_(text), states_(states), ranges_(ranges) {}

  constexpr PatternError run() {
    alternation(0);
    if (at_ < text_.size()) fail(PatternError::Syntax);
    emit({Op::Match});
    return error_;
  }

 private:
  static constexpr std::size_t kMaxRepeat = 1'000;
  static constexpr std::size_t kMaxGroups = 50;
  static constexpr std::size_t kUnbounded = ~std::size_t{0};

  constexpr void fail(PatternError error) {
    if (error_ == PatternError::None) error_ = error;
  }
  constexpr bool ok() const { return error_ == PatternError::None; }
  constexpr bool more() const { return ok() && at_ < text_.size(); }
  constexpr char peek() const { return text_[at_]; }
  constexpr bool take(char c) {
    if (!more() || peek() != c) return false;
    ++at_;
    return true;
  }

  constexpr std::size_t here() const { return states_.size(); }
  constexpr std::size_t emit(State state) {
    if (states_.size() >= kMaxStates) {
      fail(PatternError::TooBig);
      return 0;
    }
    states_.push_back(state);
    return states_.size() - 1;
  }
  // Makes room for one state in front of what was compiled since `begin`; targets behind it move along.
  constexpr void insert(std::size_t begin, State state) {
    emit(state);
    if (!ok()) return;
    for (std::size_t i = states_.size() - 1; i > begin; --i) states_[i] = states_[i - 1];
    states_[begin] = state;
    for (std::size_t i = begin + 1; i < states_.size(); ++i) shift(states_[i], begin, 1);
  }
  static constexpr void shift(State& state, std::size_t from, std::size_t by) {
    if (state.op != Op::Split && state.op != Op::Jump) return;
    if (state.a >= from) state.a += static_cast<std::uint32_t>(by);
    if (state.op == Op::Split && state.b >= from) state.b += static_cast<std::uint32_t>(by);
  }
  constexpr void copy(std::size_t begin, std::size_t end) {
    const std::size_t by = here() - begin;
    for (std::size_t i = begin; i < end && ok(); ++i) {
      State state = states_[i];
      shift(state, begin, by);
      emit(state);
    }
  }
  constexpr std::uint32_t target(std::size_t at) const { return static_cast<std::uint32_t>(at); }

  constexpr void alternation(std::size_t depth) {
    const std::size_t begin = here();
    sequence(depth);
    if (!more() || peek() != '|') return;
    // split(this, rest) this jump(end) rest
    ++at_;
    insert(begin, {Op::Split, false, target(begin + 1)});
    const std::size_t jump = emit({Op::Jump});
    if (!ok()) return;
    states_[begin].b = target(here());
    alternation(depth);
    if (ok()) states_[jump].a = target(here());
  }

  constexpr void sequence(std::size_t depth) {
    while (more() && peek() != '|' && peek() != ')') repetition(depth);
    if (more() && peek() == ')' && depth == 0) fail(PatternError::Syntax);
  }

  constexpr void repetition(std::size_t depth) {
    const std::size_t begin = here();
    const bool is_anchor = atom(depth);
    const std::size_t end = here();
    std::size_t least = 1;
    std::size_t most = 1;
    if (take('*')) {
      least = 0, most = kUnbounded;
    } else if (take('+')) {
      most = kUnbounded;
    } else if (take('?')) {
      least = 0;
    } else if (take('{')) {
      least = number();
      most = least;
      if (take(',')) most = more() && peek() != '}' ? number() : kUnbounded;
      if (!take('}') || most < least) fail(PatternError::Syntax);
    } else {
      return;
    }
    if (is_anchor || (more() && (peek() == '*' || peek() == '+' || peek() == '?' || peek() == '{'))) {
      fail(PatternError::Syntax);
    }
    if (ok()) repeat(begin, end, least, most);
  }

  constexpr void repeat(std::size_t begin, std::size_t end, std::size_t least, std::size_t most) {
    if (least > kMaxRepeat || (most != kUnbounded && most > kMaxRepeat)) return fail(PatternError::TooBig);
    const std::size_t size = end - begin;
    for (std::size_t i = 1; i < least && ok(); ++i) copy(begin, end);
    if (most == kUnbounded) {
      if (least == 0) {
        insert(begin, {Op::Split, false, target(begin + 1), target(end + 2)});
        emit({Op::Jump, false, target(begin)});
      } else {
        emit({Op::Split, false, target(here() - size), target(here() + 1)});
      }
      return;
    }
    if (most == 0) {
      states_.resize(begin, State{Op::Match});
      return;
    }
    if (least == 0) {  // one optional copy is there already
      insert(begin, {Op::Split, false, target(begin + 1), target(end + 1)});
      for (std::size_t i = 1; i < most && ok(); ++i) copy(begin, end + 1);
      return;
    }
    for (std::size_t i = least; i < most && ok(); ++i) {
      emit({Op::Split, false, target(here() + 1), target(here() + 1 + size)});
      copy(begin, end);
    }
  }

  constexpr std::size_t number() {
    if (!more() || peek() < '0' || peek() > '9') fail(PatternError::Syntax);
    std::size_t value = 0;
    while (more() && peek() >= '0' && peek() <= '9' && value <= kMaxRepeat) {
      value = value * 10 + static_cast<std::size_t>(text_[at_++] - '0');
    }
    return value;
  }

  // True for an anchor, which cannot be repeated.
  constexpr bool atom(std::size_t depth) {
    const char c = peek();
    if (take('^')) return emit({Op::Begin}), true;
    if (take('$')) return emit({Op::End}), true;
    if (take('(')) {
      if (take('?') && !take(':')) fail(PatternError::Syntax);
      if (depth >= kMaxGroups) fail(PatternError::TooBig);
      if (ok()) alternation(depth + 1);
      if (!take(')')) fail(PatternError::Syntax);
      return false;
    }
    const std::size_t first = ranges_.size();
    bool negated = false;
    if (take('[')) {
      negated = take('^');
      bracket();
    } else if (take('.')) {
      ranges_.push_back({'\n', '\n'});
      negated = true;
    } else if (take('\\')) {
      negated = escape();
    } else if (c == '*' || c == '+' || c == '?' || c == '{' || c == ']' || c == '}') {
      fail(PatternError::Syntax);
    } else {
      const char32_t literal = character();
      ranges_.push_back({literal, literal});
    }
    emit({Op::Class, negated, target(first), target(ranges_.size())});
    return false;
  }

  constexpr void bracket() {
    bool any = false;
    while (more() && peek() != ']') {
      any = true;
      if (take('\\')) {
        const std::size_t before = ranges_.size();
        if (escape()) return fail(PatternError::Syntax);  // no [\D]: write [^\d]
        if (ranges_.size() != before + 1 || ranges_.back().first != ranges_.back().last) continue;
      } else {
        const char32_t literal = character();
        ranges_.push_back({literal, literal});
      }
      if (more() && peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        if (more() && peek() == '\\') return fail(PatternError::Syntax);
        ranges_.back().last = character();
        if (ranges_.back().last < ranges_.back().first) fail(PatternError::Syntax);
      }
    }
    if (!any || !take(']')) fail(PatternError::Syntax);
  }

  // Adds the ranges of what follows a backslash; true when it is the opposite of them.
  constexpr bool escape() {
    if (!more()) return fail(PatternError::Syntax), false;
    const char c = text_[at_++];
    switch (c) {
      case 'd':
      case 'D':
        ranges_.push_back({'0', '9'});
        return c == 'D';
      case 'w':
      case 'W':
        ranges_.insert(ranges_.end(), {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
        return c == 'W';
      case 's':
      case 'S':
        ranges_.insert(ranges_.end(), {{'\t', '\r'}, {' ', ' '}});
        return c == 'S';
      case 'n':
        ranges_.push_back({'\n', '\n'});
        return false;
      case 'r':
        ranges_.push_back({'\r', '\r'});
        return false;
      case 't':
        ranges_.push_back({'\t', '\t'});
        return false;
      default:
        break;
    }
    const bool punctuation =
        (c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || (c > 'z' && c < 0x7f);
    if (!punctuation) fail(PatternError::Syntax);
    ranges_.push_back({static_cast<char32_t>(c), static_cast<char32_t>(c)});
    return false;
  }

  constexpr char32_t character() {
    if (!more()) return fail(PatternError::Syntax), U'\0';
    const auto lead = static_cast<unsigned char>(text_[at_++]);
    if (lead < 0x80) return lead;
    std::size_t length = 0;
    if (lead >= 0xc2) length = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
    char32_t value = lead & (0x3fU >> length);
    if (length == 0 || at_ + length > text_.size()) return fail(PatternError::Syntax), U'\0';
    for (std::size_t i = 0; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text_[at_++]);
      if ((next & 0xc0) != 0x80) fail(PatternError::Syntax);
      value = (value << 6) | (next & 0x3f);
    }
    return value;
  }

  std::string_view text_;
  std::vector<State>& states_;
  std::vector<Range>& ranges_;
  std::size_t at_ = 0;
  PatternError error_ = PatternError::None;
};

constexpr Pattern::Pattern(std::string_view text) {
  error_ = Compiler(text, states_, ranges_).run();
  if (error_ != PatternError::None) states_.clear();
}

}  // namespace rondeau::reflect
