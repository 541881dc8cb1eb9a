// Codecs of frames: any bytes, cut in any way, give one verdict. Four bytes choose codec and settings.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/io/delimited_codec.h>
#include <rondeau/io/length_delimited_codec.h>

#include "support/codec_player.h"

using namespace rondeau;

namespace {

template <class Codec>
void judge(const Codec& codec, std::string_view input) {
  const std::string whole = support::play_codec(codec, input, input.size(), input.size());
  for (const std::size_t step : {1U, 5U}) {
    if (support::play_codec(codec, input, step, step) != whole) std::abort();
  }
  for (std::size_t cut = 1; cut < input.size() && cut < 16; ++cut) {
    if (support::play_codec(codec, input, cut, input.size()) != whole) std::abort();
  }
}

io::LengthField field_of(std::uint8_t shape, std::uint8_t adjustment, std::uint8_t limit) {
  io::LengthField field;
  field.size = 1 + shape % 8;
  field.order = (shape & 8) != 0 ? io::Endian::little : io::Endian::big;
  field.offset = (shape >> 4) % 4;
  if (shape >= 128) field.num_skip = limit % 16;
  field.length_adjustment = static_cast<std::int8_t>(adjustment);
  field.max_frame_length = limit;
  return field;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 4, size - 4);
  switch (data[0] % 3) {
    case 0:
      judge(io::LinesCodec(data[1]), input);
      break;
    case 1:
      judge(io::AnyDelimiterCodec(std::string_view(reinterpret_cast<const char*>(data) + 2, 2), data[1]), input);
      break;
    default:
      judge(io::LengthDelimitedCodec(field_of(data[1], data[2], data[3])), input);
  }
  return 0;
}
