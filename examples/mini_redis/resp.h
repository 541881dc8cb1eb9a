// What goes over the wire: commands come in, replies go out (RESP, version 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/io/buffer.h>

namespace mini_redis {

/// The name of a command and its arguments. Never empty.
using Command = std::vector<std::string>;

struct Status {
  std::string_view text;  ///< of a constant
};
struct Failure {
  std::string text;  ///< its first word is the kind: "ERR", "WRONGTYPE"
};
struct Nil {};
struct Reply;
using Array = std::vector<Reply>;

struct Reply {
  std::variant<Status, Failure, Nil, std::int64_t, rondeau::Bytes, Array> value;
};

/// A whole number in decimal digits, and nothing else.
std::optional<std::int64_t> number_in(std::string_view text);

/// How much a client may have us keep before a command is whole.
struct Limits {
  std::size_t line = 64 * 1024;           ///< bytes of an inline command, or of the line before an argument
  std::size_t arguments = 64 * 1024;      ///< of one command
  std::size_t command = 8 * 1024 * 1024;  ///< bytes of all arguments of one command
};

/// The decoder and the encoder of a Framed. An error of decoding is InvalidData, and its context says to the client
/// what was wrong.
class RespCodec {
 public:
  using Item = Command;

  explicit RespCodec(const Limits& limits = {}) : limits_(limits) {}

  rondeau::Result<std::optional<Command>> decode(rondeau::io::Buffer& in);
  rondeau::Result<void> encode(const Reply& reply, rondeau::io::Buffer& out);

 private:
  rondeau::Result<std::optional<std::string>> take_line(rondeau::io::Buffer& in, std::string_view too_long);
  rondeau::Result<bool> take_header(rondeau::io::Buffer& in);
  rondeau::Result<bool> take_argument(rondeau::io::Buffer& in);

  Limits limits_;
  Command command_;                    // what has come of it
  std::size_t missing_ = 0;            // arguments that have not
  std::optional<std::size_t> length_;  // of the argument that comes next, once it is known
  std::size_t bytes_ = 0;              // of the command's arguments so far
  std::size_t searched_ = 0;           // bytes at the front that hold no end of a line
};

}  // namespace mini_redis
