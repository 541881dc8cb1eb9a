// ResponseHead: what the parser found of an answer, as positions in the buffer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <rondeau/http/request_head.h>
#include <rondeau/http/status.h>
#include <rondeau/http/version.h>

namespace rondeau::http {

/// A parsed and checked head. Reused from answer to answer; `fields` keeps its capacity. Lifetime: the buffer's.
struct ResponseHead {
  const char* base = nullptr;  ///< the first byte of the buffer that the positions count from
  std::uint32_t length = 0;    ///< bytes of the head
  Version version = Version::Http11;
  StatusCode status = StatusCode::Ok;
  BodyFraming framing = BodyFraming::None;
  bool keep_alive = true;  ///< the connection may serve another request when this one is over
  std::uint64_t content_length = 0;
  std::vector<HeadField> fields;

  std::string_view text(Slice slice) const noexcept { return {base + slice.offset, slice.length}; }
};

}  // namespace rondeau::http
