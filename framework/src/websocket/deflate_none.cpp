// A build without zlib: the extension is never agreed on, so nobody comes here with a message.
#ifndef RONDEAU_ZLIB
#include <rondeau/base/assert.h>

#include "websocket/deflate.h"

namespace rondeau::websocket {

struct Deflater::State {};
struct Inflater::State {};

bool has_deflate() noexcept {
  return false;
}

Deflater::Deflater(const DeflateTerms& terms) : terms_(terms) {}
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;
Deflater::~Deflater() = default;
bool Deflater::deflate(std::string_view, std::string&) {
  return false;
}

Inflater::Inflater(const DeflateTerms& terms) : terms_(terms) {}
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;
Inflater::~Inflater() = default;
Inflater::Outcome Inflater::inflate(std::string_view, std::string&, std::size_t) {
  base::fail("a compressed message in a build without zlib");
}

}  // namespace rondeau::websocket

#endif
