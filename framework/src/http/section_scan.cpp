#include "http/section_scan.h"

#include "http/control_scan.h"

namespace rondeau::http {

SectionScan::Step SectionScan::scan(std::string_view section) noexcept {
  const char* const base = section.data();
  const char* const end = base + section.size();
  while (looked_ < section.size()) {
    if (looked_ == line_start_) {
      if (RefusalReason reason = check_first_byte(base[looked_]); reason != RefusalReason::None) return fail(reason);
    }
    const char* found = find_control(base + looked_, end);
    auto at = static_cast<std::size_t>(found - base);

    // Whichever bound lies first speaks, wherever the bytes were cut.
    std::size_t line_end = line_start_ + (in_start_line() ? bounds_.start_line : bounds_.line);
    if (at > line_end && line_end <= bounds_.total) {
      if (!in_start_line()) return fail(RefusalReason::LineTooLong);
      start_line_ = section.substr(line_start_, line_end - line_start_);
      return Step::LongStart;
    }
    if (at > bounds_.total) return fail(RefusalReason::HeadTooLong);

    looked_ = at;
    if (found == end) return Step::More;
    if (*found == '\n') return fail(RefusalReason::BareLf);
    if (*found != '\r') return fail(RefusalReason::BadByte);
    if (found + 1 == end) return Step::More;
    if (found[1] != '\n') return fail(RefusalReason::BareCr);
    if (at + 2 > bounds_.total) return fail(RefusalReason::HeadTooLong);

    std::size_t begin = line_start_;
    line_start_ = looked_ = at + 2;
    if (at > begin) {
      ++lines_;
      if (bounds_.start_line != 0 && lines_ == 1) {
        start_line_ = section.substr(begin, at - begin);
        return Step::StartLine;
      }
    } else if (in_start_line()) {
      if (++blanks_ > bounds_.blank_lines) return fail(RefusalReason::BlankLines);
    } else {
      return Step::Complete;
    }
  }
  return Step::More;
}

RefusalReason SectionScan::check_first_byte(char first) const noexcept {
  if (in_start_line()) return first == ' ' || first == '\t' ? RefusalReason::RequestLine : RefusalReason::None;
  if (first == '\r') return RefusalReason::None;
  if (first == ' ' || first == '\t') return RefusalReason::FoldedLine;
  if (first == ':') return RefusalReason::EmptyName;
  std::size_t fields = bounds_.start_line != 0 ? lines_ - 1 : lines_;
  return fields == bounds_.fields ? RefusalReason::TooManyFields : RefusalReason::None;
}

SectionScan::Step SectionScan::fail(RefusalReason reason) noexcept {
  reason_ = reason;
  return Step::Refused;
}

}  // namespace rondeau::http
