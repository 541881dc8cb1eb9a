// EncodingProducer: a body that is compressed while it is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <rondeau/coding/encoder.h>
#include <rondeau/http/response.h>

namespace rondeau::middleware {

/// What `content` gives, in that coding. `length`: of the content, where it was promised; another one is an error.
///
/// What is streamed is flushed with every piece; what is in memory goes out as it gets ready.
std::unique_ptr<http::BodyProducer> encoding_producer(http::ResponseBody content, coding::Coding coding,
                                                      const coding::Levels& levels,
                                                      std::optional<std::uint64_t> length);

}  // namespace rondeau::middleware
