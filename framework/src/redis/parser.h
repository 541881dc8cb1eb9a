// Parser: RESP2 and RESP3 replies out of bytes that come in pieces of any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/redis/error.h>
#include <rondeau/redis/value.h>

namespace rondeau::redis {

struct ParserLimits {
  /// One reply: its bytes on the wire and, for what an aggregate holds, the memory of each element.
  std::size_t max_reply = 64 * 1024 * 1024;
  /// One simple string, error or number.
  std::size_t max_line = 64 * 1024;
  /// Aggregates within aggregates.
  std::size_t max_depth = 32;
};

/// A push parser: no byte is looked at twice, and nothing is reserved for what was announced and has not come.
///
/// Attributes are read and dropped. Streamed strings and aggregates, pushes within other replies, and whatever the
/// specification leaves open are refused. After an error it says the same again.
class Parser {
 public:
  explicit Parser(ParserLimits limits = {}) noexcept : limits_(limits) {}

  /// Takes bytes from the front of `input` until a reply is whole; null where more are needed.
  ///
  /// Errors: Protocol, TooLarge. Lifetime: until the next call; it may be moved from.
  Result<Value*> next(std::string_view& input);
  /// Nothing of a reply has come yet.
  bool at_boundary() const noexcept { return charged_ == 0; }

 private:
  struct Open {
    ValueKind kind;
    bool attribute;
    std::uint64_t left;
    std::vector<Value> items;
  };

  bool take_whole_bulk(std::string_view& input);
  bool take_line(std::string_view& input);
  bool take_bulk(std::string_view& input);
  void read_header(std::string_view line);
  void open(ValueKind kind, std::string_view count, bool attribute = false);
  void open_bulk(ValueKind kind, std::string_view length);
  void end_bulk();
  void add(Value value);
  std::optional<std::uint64_t> read_length(std::string_view digits);
  bool charge(std::size_t bytes);
  void fail(ErrorKind kind, std::string message);
  void refuse(std::string_view what, std::string_view line);

  ParserLimits limits_;
  std::size_t charged_ = 0;  ///< of the reply that is read; above 0 once it has begun
  std::string line_;         ///< the part of a line that has come, where the rest has not
  std::vector<Open> open_;
  std::string bulk_;
  std::uint64_t bulk_left_ = 0;  ///< bytes to come, the line end not counted
  std::uint8_t bulk_end_ = 0;    ///< of the line end, bytes to come
  ValueKind bulk_kind_ = ValueKind::Nil;
  bool in_bulk_ = false;
  std::optional<Value> whole_;
  std::optional<Error> failed_;
};

}  // namespace rondeau::redis
