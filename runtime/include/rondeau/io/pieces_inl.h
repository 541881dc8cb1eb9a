// The bodies of pieces.h.
#pragma once

#include <algorithm>
#include <concepts>
#include <limits>

#include <rondeau/io/pieces.h>
#include <rondeau/io/utf8.h>

namespace rondeau::io {

template <class R, class Item>
Task<std::optional<Result<Item>>> Pieces<R, Item>::next() {
  while (!ended_) {
    if (collector_.complete()) co_return finish();
    auto there = co_await reader_.fill_buf();
    if (!there) {
      ended_ = true;
      co_return std::move(there).error();
    }
    if (there->empty()) {
      ended_ = true;
      if (collector_.complete_at_end()) co_return finish();
      break;
    }
    reader_.consume(collector_.take(*there));
  }
  co_return std::nullopt;
}

template <class R, class Item>
Result<Item> Pieces<R, Item>::finish() {
  RONDEAU_TRY_PLAIN(std::string piece, collector_.finish());
  if constexpr (std::same_as<Item, std::string>) {
    if (!is_utf8(std::as_bytes(std::span(piece)))) return Errc::InvalidData;
    return piece;
  } else {
    return Item(std::move(piece));
  }
}

/// Appends up to and with the delimiter to a container of bytes or characters.
template <class R, class Out>
Task<Result<std::size_t>> append_until(R& reader, std::byte delimiter, Out& out, std::size_t max) {
  const auto append = [&out](std::span<const std::byte> bytes) {
    const auto* first = reinterpret_cast<const typename Out::value_type*>(bytes.data());
    out.insert(out.end(), first, first + bytes.size());
  };
  std::size_t total = 0;
  for (;;) {
    RONDEAU_TRY(std::span<const std::byte> there, co_await reader.fill_buf());
    if (there.empty()) co_return total;
    const std::size_t room = max - total;
    const auto seen = there.first(std::min(there.size() - 1, room) + 1);
    const auto found = std::ranges::find(seen, delimiter);
    const bool ends = found != seen.end();
    const std::size_t taken = ends ? static_cast<std::size_t>(found - seen.begin()) + 1 : std::min(seen.size(), room);
    append(seen.first(taken));
    reader.consume(taken);
    total += taken;
    if (ends) co_return total;
    if (taken < seen.size()) co_return Errc::TooLarge;
  }
}

template <AsyncBufRead R>
Task<Result<std::size_t>> read_until(R& reader, Delimiter delimiter, std::vector<std::byte>& out, std::size_t max) {
  return append_until(reader, delimiter.byte(), out, max);
}

/// Takes the line's end off. Errors: TooLarge, and InvalidData with `out` as it was.
Result<void> finish_line(std::string& out, std::size_t before, std::size_t max);

template <AsyncBufRead R>
Task<Result<std::size_t>> read_line(R& reader, std::string& out, std::size_t max) {
  const std::size_t before = out.size();
  const std::size_t with_return = max + (max < std::numeric_limits<std::size_t>::max() ? 1 : 0);
  RONDEAU_TRY(const std::size_t count, co_await append_until(reader, std::byte{'\n'}, out, with_return));
  RONDEAU_TRY_VOID(finish_line(out, before, max));
  co_return count;
}

}  // namespace rondeau::io
