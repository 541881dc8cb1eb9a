#include "resp.h"

#include <charconv>
#include <utility>

#include "inline_command.h"

namespace mini_redis {

using rondeau::Bytes;
using rondeau::Errc;
using rondeau::Error;
using rondeau::Result;
using rondeau::io::Buffer;

namespace {

Error wrong(std::string_view what) {
  return Error(Errc::InvalidData, what);
}

void append_line(Buffer& out, char kind, std::string_view text) {
  out.append(std::string_view(&kind, 1));
  out.append(text);
  out.append("\r\n");
}

void append_number(Buffer& out, char kind, std::int64_t number) {
  char digits[24];
  const auto [end, failure] = std::to_chars(std::begin(digits), std::end(digits), number);
  append_line(out, kind, std::string_view(digits, end));
}

struct Append {
  Buffer& out;

  void operator()(const Status& status) const { append_line(out, '+', status.text); }
  void operator()(const Failure& failure) const { append_line(out, '-', failure.text); }
  void operator()(Nil) const { out.append("$-1\r\n"); }
  void operator()(std::int64_t number) const { append_number(out, ':', number); }
  void operator()(const Bytes& text) const {
    append_number(out, '$', static_cast<std::int64_t>(text.size()));
    out.append(text.view());
    out.append("\r\n");
  }
  void operator()(const Array& items) const {
    append_number(out, '*', static_cast<std::int64_t>(items.size()));
    for (const Reply& item : items) std::visit(*this, item.value);
  }
};

}  // namespace

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<std::optional<Command>> RespCodec::decode(Buffer& in) {
  for (;;) {
    if (missing_ == 0) {
      if (in.empty()) return std::nullopt;
      if (in.view().front() != '*') {
        RONDEAU_TRY_PLAIN(auto line, take_line(in, "too big inline request"));
        if (!line) return std::nullopt;
        std::optional<Command> words = split_words(*line);
        if (!words) return wrong("unbalanced quotes in request");
        if (words->empty()) continue;
        return words;
      }
      RONDEAU_TRY_PLAIN(const bool there, take_header(in));
      if (!there) return std::nullopt;
      if (missing_ == 0) continue;  // a command of no words is no command
    }
    RONDEAU_TRY_PLAIN(const bool there, take_argument(in));
    if (!there) return std::nullopt;
    if (missing_ == 0) return std::exchange(command_, {});
  }
}

/// `*3`: how many arguments there are. False: more bytes are needed.
Result<bool> RespCodec::take_header(Buffer& in) {
  RONDEAU_TRY_PLAIN(auto line, take_line(in, "too big mbulk count string"));
  if (!line) return false;
  const auto count = number_in(std::string_view(*line).substr(1));
  if (!count || *count > static_cast<std::int64_t>(limits_.arguments)) return wrong("invalid multibulk length");
  missing_ = *count > 0 ? static_cast<std::size_t>(*count) : 0;
  bytes_ = 0;
  return true;
}

/// `$5` and five bytes. False: more bytes are needed.
Result<bool> RespCodec::take_argument(Buffer& in) {
  if (!length_) {
    if (in.empty()) return false;
    if (in.view().front() != '$') return wrong(std::string("expected '$', got '") + in.view().front() + "'");
    RONDEAU_TRY_PLAIN(auto line, take_line(in, "too big bulk count string"));
    if (!line) return false;
    const auto length = number_in(std::string_view(*line).substr(1));
    if (!length || *length < 0 || *length > static_cast<std::int64_t>(limits_.command - bytes_)) {
      return wrong("invalid bulk length");
    }
    length_ = static_cast<std::size_t>(*length);
    bytes_ += *length_;
  }
  if (in.size() < *length_ + 2) return false;
  command_.emplace_back(in.view().substr(0, *length_));
  in.consume(*length_ + 2);
  length_.reset();
  --missing_;
  return true;
}

/// What stands before the next "\r\n" or "\n"; empty where neither has come. Looks at each byte once.
Result<std::optional<std::string>> RespCodec::take_line(Buffer& in, std::string_view too_long) {
  const std::size_t end = in.view().find('\n', searched_);
  if (end == std::string_view::npos) {
    searched_ = in.size();
    if (searched_ > limits_.line) return wrong(too_long);
    return std::nullopt;
  }
  searched_ = 0;
  if (end > limits_.line) return wrong(too_long);
  std::string line(in.view().substr(0, end));
  in.consume(end + 1);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

Result<void> RespCodec::encode(const Reply& reply, Buffer& out) {
  std::visit(Append{out}, reply.value);
  return {};
}

}  // namespace mini_redis
