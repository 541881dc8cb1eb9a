#include "redis/parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "redis/escaped.h"

namespace rondeau::redis {
namespace {

// For what was announced: more is taken only as it comes.
constexpr std::size_t kReservedAhead = 64 * 1024;
// What an element takes at least, a nil.
constexpr std::size_t kLeastElement = 3;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

std::string_view without_sign(std::string_view text) noexcept {
  return text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
}

bool is_whole_number(std::string_view text) noexcept {
  text = without_sign(text);
  return !text.empty() && count_digits(text) == text.size();
}

// [+|-]<integral>[.<fractional>][<E|e>[+|-]<exponent>]
bool is_decimal(std::string_view text) noexcept {
  text = without_sign(text);
  const std::size_t integral = count_digits(text);
  text.remove_prefix(integral);
  if (integral == 0) return false;
  if (text.starts_with('.')) {
    const std::size_t fractional = count_digits(text.substr(1));
    if (fractional == 0) return false;
    text.remove_prefix(1 + fractional);
  }
  if (text.empty()) return true;
  return (text.front() == 'e' || text.front() == 'E') && is_whole_number(text.substr(1));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) noexcept {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> parse_double(std::string_view text) noexcept {
  if (text == "inf" || text == "+inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan" || text == "-nan") return std::numeric_limits<double>::quiet_NaN();
  if (!is_decimal(text)) return std::nullopt;
  return parse_number<double>(text);
}

}  // namespace

Result<Value*> Parser::next(std::string_view& input) {
  whole_.reset();
  while (!failed_ && !whole_ && !input.empty()) {
    if (take_whole_bulk(input)) continue;
    if (!(in_bulk_ ? take_bulk(input) : take_line(input))) break;
  }
  if (failed_) return *failed_;
  if (!whole_) return static_cast<Value*>(nullptr);
  charged_ = 0;
  return &*whole_;
}

/// A short string, all of which is there: most of what comes. False: it is something else, for the others to read.
bool Parser::take_whole_bulk(std::string_view& input) {
  constexpr std::size_t kMostDigits = 4;
  if (input.front() != '$' || in_bulk_ || !line_.empty()) return false;
  std::size_t length = 0;
  std::size_t at = 1;
  for (; at < input.size() && at <= kMostDigits && is_digit(input[at]); ++at) {
    length = length * 10 + static_cast<std::size_t>(input[at] - '0');
  }
  const std::size_t text = at + 2;
  const std::size_t end = text + length + 2;
  if (at == 1 || end > input.size() || end > limits_.max_reply) return false;
  if (input[at] != '\r' || input[at + 1] != '\n' || input[end - 2] != '\r' || input[end - 1] != '\n') return false;
  if (charged_ == 0) charged_ = 1;
  if (!charge(end)) return true;
  add(Value(ValueKind::BulkString, std::string(input.substr(text, length))));
  input.remove_prefix(end);
  return true;
}

bool Parser::take_line(std::string_view& input) {
  if (charged_ == 0) charged_ = 1;
  const std::size_t end = input.find('\n');
  const std::string_view piece = input.substr(0, end);
  if (line_.size() + piece.size() > limits_.max_line) {
    return fail(ErrorKind::TooLarge, "a line of more than " + std::to_string(limits_.max_line) + " bytes"), false;
  }
  input.remove_prefix(end == std::string_view::npos ? piece.size() : end + 1);
  if (end == std::string_view::npos) return line_ += piece, false;
  std::string_view line = piece;
  if (!line_.empty()) line = line_ += piece;
  if (!line.ends_with('\r')) return refuse("a line feed without a carriage return", line), false;
  line.remove_suffix(1);
  if (line.find('\r') != std::string_view::npos) return refuse("a carriage return within a line", line), false;
  if (charge(line.size() + 2)) read_header(line);
  line_.clear();
  return !failed_;
}

void Parser::read_header(std::string_view line) {
  if (line.empty()) return refuse("an empty line", line);
  const std::string_view rest = line.substr(1);
  switch (line.front()) {
    case '+':
      return add(Value(ValueKind::SimpleString, std::string(rest)));
    case '-':
      return add(Value(ValueKind::Error, std::string(rest)));
    case ':':
      if (const auto number = is_whole_number(rest) ? parse_number<std::int64_t>(rest) : std::nullopt) {
        return add(Value(*number));
      }
      return refuse("no integer", line);
    case '$':
      return open_bulk(ValueKind::BulkString, rest);
    case '!':
      return open_bulk(ValueKind::Error, rest);
    case '=':
      return open_bulk(ValueKind::VerbatimString, rest);
    case '*':
      return open(ValueKind::Array, rest);
    case '~':
      return open(ValueKind::Set, rest);
    case '%':
      return open(ValueKind::Map, rest);
    case '|':
      return open(ValueKind::Map, rest, true);
    case '>':
      if (!open_.empty()) return refuse("a push within another reply", line);
      return open(ValueKind::Push, rest);
    case '_':
      return rest.empty() ? add(Value()) : refuse("no null", line);
    case '#':
      return rest == "t" || rest == "f" ? add(Value::boolean(rest == "t")) : refuse("no boolean", line);
    case ',':
      if (const auto number = parse_double(rest)) return add(Value(*number));
      return refuse("no double", line);
    case '(':
      return is_whole_number(rest) ? add(Value(ValueKind::BigNumber, std::string(rest))) : refuse("no number", line);
    default:
      return refuse("no type of RESP", line);
  }
}

void Parser::open_bulk(ValueKind kind, std::string_view length) {
  if (length == "-1" && kind == ValueKind::BulkString) return add(Value());
  const auto bytes = read_length(length);
  if (!bytes) return;
  if (kind == ValueKind::VerbatimString && *bytes < 4) return refuse("a verbatim string without a format", length);
  if (*bytes > limits_.max_reply) return fail(ErrorKind::TooLarge, "a string of " + std::to_string(*bytes) + " bytes");
  if (!charge(static_cast<std::size_t>(*bytes) + 2)) return;
  in_bulk_ = true;
  bulk_kind_ = kind;
  bulk_left_ = *bytes;
  bulk_end_ = 2;
  bulk_.clear();
}

bool Parser::take_bulk(std::string_view& input) {
  if (bulk_left_ > 0) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bulk_left_, input.size()));
    if (bulk_.empty()) {
      bulk_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(bulk_left_, std::max(count, kReservedAhead))));
    }
    bulk_ += input.substr(0, count);
    bulk_left_ -= count;
    input.remove_prefix(count);
  }
  for (; bulk_left_ == 0 && bulk_end_ > 0 && !input.empty(); --bulk_end_) {
    if (input.front() != (bulk_end_ == 2 ? '\r' : '\n')) {
      refuse("no line end behind a string", input);
      return false;
    }
    input.remove_prefix(1);
  }
  if (bulk_left_ > 0 || bulk_end_ > 0) return false;
  end_bulk();
  return !failed_;
}

void Parser::end_bulk() {
  in_bulk_ = false;
  if (bulk_kind_ == ValueKind::VerbatimString) {
    if (bulk_[3] != ':') return refuse("a verbatim string without a format", bulk_);
    bulk_.erase(0, 4);
  }
  add(Value(bulk_kind_, std::exchange(bulk_, {})));
}

void Parser::open(ValueKind kind, std::string_view count, bool attribute) {
  if (count == "-1" && kind == ValueKind::Array) return add(Value());
  const auto announced = read_length(count);
  if (!announced) return;
  const std::uint64_t least = kind == ValueKind::Map ? 2 * kLeastElement : kLeastElement;
  if (*announced > limits_.max_reply / least) {
    return fail(ErrorKind::TooLarge, "an aggregate of " + std::to_string(*announced) + " elements");
  }
  if (kind == ValueKind::Push && *announced == 0) return refuse("an empty push", count);
  if (open_.size() == limits_.max_depth) {
    return refuse("aggregates nested deeper than " + std::to_string(limits_.max_depth), count);
  }
  if (*announced == 0) {
    if (!attribute) add(Value(kind, std::vector<Value>()));
    return;
  }
  open_.push_back({kind, attribute, kind == ValueKind::Map ? 2 * *announced : *announced, {}});
}

void Parser::add(Value value) {
  while (!open_.empty()) {
    if (!charge(sizeof(Value))) return;
    Open& inner = open_.back();
    inner.items.push_back(std::move(value));
    if (--inner.left > 0) return;
    const bool attribute = inner.attribute;
    value = Value(inner.kind, std::move(inner.items));
    open_.pop_back();
    if (attribute) return;  // what it belongs to follows
  }
  whole_.emplace(std::move(value));
}

std::optional<std::uint64_t> Parser::read_length(std::string_view digits) {
  const auto length = count_digits(digits) == digits.size() ? parse_number<std::uint64_t>(digits) : std::nullopt;
  if (length) return length;
  if (!digits.empty() && count_digits(digits) == digits.size()) {
    fail(ErrorKind::TooLarge, "a length of " + std::to_string(digits.size()) + " digits");
  } else {
    refuse(digits == "?" ? "a streamed reply" : "no length", digits);
  }
  return std::nullopt;
}

bool Parser::charge(std::size_t bytes) {
  charged_ += bytes;
  if (charged_ - 1 <= limits_.max_reply) return true;
  fail(ErrorKind::TooLarge, "a reply of more than " + std::to_string(limits_.max_reply) + " bytes");
  return false;
}

void Parser::refuse(std::string_view what, std::string_view line) {
  fail(ErrorKind::Protocol, std::string(what) + ": \"" + escaped(line.substr(0, 32)) + '"');
}

void Parser::fail(ErrorKind kind, std::string message) {
  if (!failed_) failed_.emplace(Error(kind, Phase::Reply, std::move(message)).with_sent(Sent::Yes));
  open_.clear();
  line_ = bulk_ = {};
}

}  // namespace rondeau::redis
