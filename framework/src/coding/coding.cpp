#include <rondeau/coding/coding.h>

#include <rondeau/base/assert.h>
#include <rondeau/text/ascii.h>

#include "coding/libraries.h"

namespace rondeau::coding {

std::string_view to_string(Coding coding) noexcept {
  switch (coding) {
    case Coding::Zstd:
      return "zstd";
    case Coding::Brotli:
      return "br";
    case Coding::Gzip:
      return "gzip";
    case Coding::Deflate:
      return "deflate";
  }
  return {};
}

std::optional<Coding> coding_named(std::string_view name) noexcept {
  for (const Coding coding : kCodings) {
    if (text::equals_ignoring_case(name, to_string(coding))) return coding;
  }
  if (text::equals_ignoring_case(name, "x-gzip")) return Coding::Gzip;
  return std::nullopt;
}

bool is_available([[maybe_unused]] Coding coding) noexcept {
#ifdef RONDEAU_ZSTD
  if (coding == Coding::Zstd) return true;
#endif
#ifdef RONDEAU_BROTLI
  if (coding == Coding::Brotli) return true;
#endif
#ifdef RONDEAU_ZLIB
  if (coding == Coding::Gzip || coding == Coding::Deflate) return true;
#endif
  return false;
}

std::unique_ptr<Encoder> make_encoder([[maybe_unused]] Coding coding, [[maybe_unused]] const Levels& levels,
                                      [[maybe_unused]] std::optional<std::uint64_t> length) {
#ifdef RONDEAU_ZSTD
  if (coding == Coding::Zstd) return make_zstd_encoder(levels.zstd, length);
#endif
#ifdef RONDEAU_BROTLI
  if (coding == Coding::Brotli) return make_brotli_encoder(levels.brotli, length);
#endif
#ifdef RONDEAU_ZLIB
  if (coding == Coding::Gzip || coding == Coding::Deflate) return make_zlib_encoder(coding, levels.gzip);
#endif
  base::fail("an encoder for a content coding that this build does not have");
}

std::unique_ptr<Decoder> make_decoder([[maybe_unused]] Coding coding) {
#ifdef RONDEAU_ZSTD
  if (coding == Coding::Zstd) return make_zstd_decoder();
#endif
#ifdef RONDEAU_BROTLI
  if (coding == Coding::Brotli) return make_brotli_decoder();
#endif
#ifdef RONDEAU_ZLIB
  if (coding == Coding::Gzip || coding == Coding::Deflate) return make_zlib_decoder(coding);
#endif
  base::fail("a decoder for a content coding that this build does not have");
}

}  // namespace rondeau::coding
