// The scan of a head or of trailers, before the parser sees any of it (reliability rules that llhttp does not keep).
//
// Each byte is looked at once, as it arrives, and every verdict belongs to a position, so that it cannot depend on how
// the bytes were cut into reads. Refused: LF without CR, CR without LF, other controls, a line that begins with SP,
// HTAB or `:`, and whatever is over a limit.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/refusal.h"

namespace rondeau::http {

class SectionScan {
 public:
  struct Bounds {
    std::size_t total;       ///< bytes with all line ends
    std::size_t line;        ///< bytes of a field line without its end
    std::size_t start_line;  ///< bytes of the request line; 0: the section has none (trailers)
    std::size_t fields;
    std::size_t blank_lines;  ///< before the request line
  };
  enum class Step {
    More,       ///< all bytes are looked at, the section is not complete
    StartLine,  ///< start_line() is complete: scan on when it is good
    LongStart,  ///< start_line() is what there is of a line that is too long
    Complete,   ///< the section is the first length() bytes
    Refused,    ///< see refusal()
  };

  explicit SectionScan(const Bounds& bounds) noexcept : bounds_(bounds) {}

  /// Goes on over `section`, which begins with the same bytes as before and may have more behind them.
  Step scan(std::string_view section) noexcept;

  std::string_view start_line() const noexcept { return start_line_; }
  std::size_t length() const noexcept { return line_start_; }
  RefusalReason refusal() const noexcept { return reason_; }
  /// False while nothing but blank lines came.
  bool started() const noexcept { return lines_ > 0 || looked_ > line_start_; }
  void reset() noexcept { *this = SectionScan(bounds_); }

 private:
  Step fail(RefusalReason reason) noexcept;
  bool in_start_line() const noexcept { return bounds_.start_line != 0 && lines_ == 0; }
  RefusalReason check_first_byte(char first) const noexcept;

  Bounds bounds_;
  std::size_t line_start_ = 0;
  std::size_t looked_ = 0;
  std::size_t lines_ = 0;  // complete ones, the start line included
  std::size_t blanks_ = 0;
  std::string_view start_line_;
  RefusalReason reason_ = RefusalReason::None;
};

}  // namespace rondeau::http
