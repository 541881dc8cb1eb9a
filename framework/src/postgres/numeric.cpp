// numeric's binary form: digits to the base 10,000, a weight, a sign, and how many decimals are shown.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "postgres/big_endian.h"
#include "postgres/decode.h"

namespace rondeau::postgres {
namespace {

constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNan = 0xc000;
constexpr std::uint16_t kInfinity = 0xd000;
constexpr std::uint16_t kMinusInfinity = 0xf000;
constexpr int kMostDecimals = 0x3fff;

class Digits {
 public:
  explicit Digits(std::string_view bytes) noexcept : bytes_(bytes) {}
  int count() const noexcept { return static_cast<int>(bytes_.size() / 2); }
  /// 0 where there is none.
  int at(int index) const noexcept {
    if (index < 0 || index >= count()) return 0;
    return load_big_endian<std::uint16_t>(bytes_.substr(static_cast<std::size_t>(index) * 2));
  }
  bool valid() const noexcept {
    for (int i = 0; i < count(); ++i) {
      if (at(i) > 9999) return false;
    }
    return true;
  }

 private:
  std::string_view bytes_;
};

void append_four(std::string& out, int digit) {
  for (const int power : {1000, 100, 10, 1}) out.push_back(static_cast<char>('0' + digit / power % 10));
}

}  // namespace

Fault numeric_text(std::string_view bytes, std::string& out) {
  constexpr Fault kMalformed = "it is no binary form of numeric";
  if (bytes.size() < 8) return kMalformed;
  const auto count = load_big_endian<std::uint16_t>(bytes);
  const int weight = load_big_endian<std::int16_t>(bytes.substr(2));
  const auto sign = load_big_endian<std::uint16_t>(bytes.substr(4));
  const int decimals = load_big_endian<std::uint16_t>(bytes.substr(6));
  bytes.remove_prefix(8);
  if (bytes.size() != std::size_t{count} * 2 || decimals > kMostDecimals) return kMalformed;
  if (sign == kNan) return out = "NaN", nullptr;
  if (sign == kInfinity || sign == kMinusInfinity) return "infinity is no decimal number";
  const Digits digits(bytes);
  if ((sign != 0 && sign != kNegative) || !digits.valid()) return kMalformed;

  if (sign == kNegative) out.push_back('-');
  const std::size_t begin = out.size();
  for (int i = 0; i <= weight; ++i) append_four(out, digits.at(i));
  out.erase(begin, std::min(out.find_first_not_of('0', begin), out.size()) - begin);
  if (out.size() == begin) out.push_back('0');
  if (decimals == 0) return nullptr;
  out.push_back('.');
  const std::size_t point = out.size();
  for (int i = weight + 1; out.size() - point < static_cast<std::size_t>(decimals); ++i) append_four(out, digits.at(i));
  out.resize(point + static_cast<std::size_t>(decimals));
  return nullptr;
}

}  // namespace rondeau::postgres
