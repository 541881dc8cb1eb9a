// Moves of the timer wheel, played beside a list that is searched from end to end: eight bytes where it starts, then
// the moves of WheelModel.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "runtime/timer/wheel_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::int64_t start = 0;
  if (size < sizeof start) return 0;
  std::memcpy(&start, data, sizeof start);
  rondeau::timer::WheelModel model(start);
  const std::string complaint = model.play(std::span(data, size).subspan(sizeof start));
  if (!complaint.empty()) {
    std::fprintf(stderr, "%s\n", complaint.c_str());
    std::abort();
  }
  return 0;
}
