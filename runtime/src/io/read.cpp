#include <rondeau/io/read.h>

#include "io/utf8.h"

namespace rondeau::io {

Task<Result<std::size_t>> read_to_end(Reader& reader, std::vector<std::byte>& out, std::size_t max) {
  constexpr std::size_t kFirstChunk = 4 * 1024;
  constexpr std::size_t kLargestChunk = 64 * 1024;
  std::vector<std::byte> chunk(kFirstChunk);
  std::size_t total = 0;
  for (;;) {
    RONDEAU_TRY(const std::size_t count, co_await reader.read_some(chunk));
    if (count == 0) co_return total;
    const std::size_t kept = std::min(count, max - total);
    out.insert(out.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(kept));
    total += kept;
    if (kept < count) co_return Errc::TooLarge;
    if (count == chunk.size() && count < kLargestChunk) chunk.resize(2 * count);
  }
}

Task<Result<std::size_t>> read_to_string(Reader& reader, std::string& out, std::size_t max) {
  std::vector<std::byte> bytes;
  RONDEAU_TRY(const std::size_t count, co_await read_to_end(reader, bytes, max));
  if (!is_utf8(bytes)) co_return Errc::InvalidData;
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  co_return count;
}

}  // namespace rondeau::io
