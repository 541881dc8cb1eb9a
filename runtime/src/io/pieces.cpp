#include <rondeau/io/pieces.h>

#include <algorithm>

#include <rondeau/io/utf8.h>

namespace rondeau::io {

std::size_t PieceCollector::take(std::span<const std::byte> bytes) {
  if (bytes.empty()) return 0;
  begun_ = true;
  const auto found = std::ranges::find(bytes, delimiter_);
  const auto count = static_cast<std::size_t>(found - bytes.begin());
  keep(bytes.first(count));
  if (found == bytes.end()) return count;
  if (told_) {
    reset();
  } else {
    complete_ = true;
  }
  return count + 1;
}

void PieceCollector::keep(std::span<const std::byte> bytes) {
  if (too_long_) return;
  if (bytes.size() <= limit_ - piece_.size()) {
    piece_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return;
  }
  too_long_ = true;
  piece_ = {};
}

Result<std::string> PieceCollector::finish() {
  std::string piece = std::move(piece_);
  const bool cut_short = too_long_ && !complete_;
  if (ends_ == Ends::AtLine && complete_ && piece.ends_with('\r')) piece.pop_back();
  const bool too_long = too_long_ || piece.size() > max_;
  reset();
  begun_ = too_long_ = told_ = cut_short;
  if (too_long) return Errc::TooLarge;
  return piece;
}

void PieceCollector::reset() noexcept {
  piece_ = {};
  begun_ = complete_ = too_long_ = told_ = false;
}

Result<void> finish_line(std::string& out, std::size_t before, std::size_t max) {
  if (out.size() > before && out.back() == '\n') {
    out.pop_back();
    if (out.size() > before && out.back() == '\r') out.pop_back();
  }
  if (out.size() - before > max) return Errc::TooLarge;
  if (is_utf8(std::as_bytes(std::span(out).subspan(before)))) return {};
  out.resize(before);
  return Errc::InvalidData;
}

}  // namespace rondeau::io
