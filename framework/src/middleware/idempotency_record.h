// What Idempotency keeps under a key: that a request is running, or how it was answered.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/bytes.h>
#include <rondeau/http/response.h>

namespace rondeau::middleware {

/// The first byte of a record; the request's fingerprint of 32 bytes stands behind it.
enum class RecordKind : char {
  Pending = 'P',  ///< then 16 random bytes, so that no two are equal
  Answer = 'A',   ///< then the answer
  Done = 'D',     ///< the answer was not kept
};

struct Record {
  RecordKind kind;
  std::string_view fingerprint;
  std::string_view rest;
};

std::optional<Record> read_record(std::string_view bytes);

Bytes pending_record(std::string_view fingerprint);
Bytes done_record(std::string_view fingerprint);
/// Nothing where the answer cannot be kept in `limit` bytes: a stream, trailers, an upgrade, or too long.
std::optional<Bytes> answer_record(std::string_view fingerprint, const http::Response& response, std::size_t limit);
/// The answer of a record's `rest`.
std::optional<http::Response> read_answer(std::string_view rest);

}  // namespace rondeau::middleware
