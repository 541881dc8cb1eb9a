// The scan of a head or of trailers, before the parser sees any of it (reliability rules that llhttp does not keep).
//
// Each byte is looked at once, as it arrives, and every verdict belongs to a position, so that it cannot depend on how
// the bytes were cut into reads. Refused: LF without CR, CR without LF, other controls, a line that begins with SP,
// HTAB or `:`, and whatever is over a limit.
#pragma once

#include <cstddef>
#include <string_view>

#include <rondeau/text/ascii.h>

#include "http/control_scan.h"
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
    LongStart,  ///< long_start() is the beginning of a request line that is too long
    Complete,   ///< the section is the first length() bytes
    Refused,    ///< see refusal()
  };

  explicit SectionScan(const Bounds& bounds) noexcept
      : bounds_(bounds), most_lines_(bounds.fields + (bounds.start_line != 0 ? 1 : 0)) {}

  /// Goes on over `section`, which begins with the same bytes as before and may have more behind them.
  ///
  /// Each line that is complete is given to `lines`, in order and once, without its end but with it behind in memory:
  /// `RefusalReason start_line(std::string_view)` the request line, `RefusalReason field_line(std::string_view)` the
  /// others. What they refuse is refused.
  template <class Lines>
  Step scan(std::string_view section, Lines&& lines);

  /// Lifetime: until the section moves.
  std::string_view long_start() const noexcept { return long_start_; }
  std::size_t length() const noexcept { return line_start_; }
  RefusalReason refusal() const noexcept { return reason_; }
  /// False while nothing but blank lines came.
  bool started() const noexcept { return lines_ > 0 || looked_ > line_start_; }
  void reset() noexcept {
    line_start_ = looked_ = lines_ = blanks_ = 0;
    long_start_ = {};
    reason_ = RefusalReason::None;
  }

 private:
  Step fail(RefusalReason reason) noexcept {
    reason_ = reason;
    return Step::Refused;
  }
  /// Of a line that is no complete, usual one. Whichever bound lies first speaks, wherever the bytes were cut.
  Step stop_at(const char* base, const char* found, const char* end, bool in_start_line) noexcept;

  Bounds bounds_;
  std::size_t most_lines_;
  std::size_t line_start_ = 0;
  std::size_t looked_ = 0;
  std::size_t lines_ = 0;  // complete ones, the start line included
  std::size_t blanks_ = 0;
  std::string_view long_start_;
  RefusalReason reason_ = RefusalReason::None;
};

template <class Lines>
SectionScan::Step SectionScan::scan(std::string_view section, Lines&& lines) {
  const char* const base = section.data();
  const char* const end = base + section.size();
  bool in_start_line = lines_ == 0 && bounds_.start_line != 0;
  while (looked_ < section.size()) {
    const std::size_t start = line_start_;
    if (looked_ == start) {
      const char first = base[start];
      if (text::is_blank(first)) return fail(in_start_line ? RefusalReason::RequestLine : RefusalReason::FoldedLine);
      if (!in_start_line) {
        if (first == '\r' && start + 2 <= section.size() && base[start + 1] == '\n' && start + 2 <= bounds_.total) {
          line_start_ = looked_ = start + 2;
          return Step::Complete;
        }
        if (first == ':') return fail(RefusalReason::EmptyName);
        if (lines_ == most_lines_ && first != '\r') return fail(RefusalReason::TooManyFields);
      }
    }
    const char* const found = find_control(base, base + looked_, end);
    const auto at = static_cast<std::size_t>(found - base);
    const std::size_t most = in_start_line ? bounds_.start_line : bounds_.line;
    const bool usual = end - found >= 2 && found[0] == '\r' && found[1] == '\n' && at - start <= most;
    if (!usual || at + 2 > bounds_.total) [[unlikely]] return stop_at(base, found, end, in_start_line);

    line_start_ = looked_ = at + 2;
    if (at == start) {
      if (++blanks_ > bounds_.blank_lines) return fail(RefusalReason::BlankLines);
      continue;
    }
    const std::string_view line(base + start, at - start);
    ++lines_;
    const RefusalReason reason = in_start_line ? lines.start_line(line) : lines.field_line(line);
    if (reason != RefusalReason::None) return fail(reason);
    in_start_line = false;
  }
  return Step::More;
}

inline SectionScan::Step SectionScan::stop_at(const char* base, const char* found, const char* end,
                                              bool in_start_line) noexcept {
  const auto at = static_cast<std::size_t>(found - base);
  const std::size_t line_end = line_start_ + (in_start_line ? bounds_.start_line : bounds_.line);
  if (at > line_end && line_end <= bounds_.total) {
    if (!in_start_line) return fail(RefusalReason::LineTooLong);
    long_start_ = {base + line_start_, line_end - line_start_};
    return Step::LongStart;
  }
  if (at > bounds_.total) return fail(RefusalReason::HeadTooLong);

  looked_ = at;
  if (found == end) return Step::More;
  if (*found == '\n') return fail(RefusalReason::BareLf);
  if (*found != '\r') return fail(RefusalReason::BadByte);
  if (found + 1 == end) return Step::More;
  return fail(found[1] != '\n' ? RefusalReason::BareCr : RefusalReason::HeadTooLong);
}

}  // namespace rondeau::http
