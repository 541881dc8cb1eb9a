// Why a message is not served: the status that answers it, and a name for it to count and log by.
#pragma once

#include <cstdint>
#include <string_view>

#include <rondeau/http/status.h>

namespace rondeau::http {

enum class RefusalReason : std::uint8_t {
  None,
  BadByte,
  BareCr,
  BareLf,
  BlankLines,
  RequestLine,
  StatusLine,
  BadMethod,
  UnknownMethod,
  MethodTooLong,
  BadVersion,
  UnsupportedVersion,
  TargetTooLong,
  BadTarget,
  HeadTooLong,
  LineTooLong,
  TooManyFields,
  FoldedLine,
  EmptyName,
  FieldSyntax,
  Host,
  TransferEncoding,
  UnsupportedCoding,
  ContentLength,
  LengthAndCoding,
  Expectation,
  ChunkFraming,
  ChunkOverhead,
  BodyTooLarge,
  TrailersTooLong,
  TooManyTrailers,
  TrailerSyntax,
};

/// "target-too-long": for counters, logs and tests. Lifetime: the program's.
std::string_view to_string(RefusalReason reason) noexcept;

/// The answer to a message that is not served.
struct Refusal {
  RefusalReason reason = RefusalReason::None;
  StatusCode status = StatusCode::BadRequest;
  /// Nothing behind this message may be parsed. When false, its head was consumed whole and it has no body.
  bool close = true;

  explicit operator bool() const noexcept { return reason != RefusalReason::None; }
};

/// The refusal for a reason, with the status that belongs to it.
Refusal refuse(RefusalReason reason) noexcept;

}  // namespace rondeau::http
