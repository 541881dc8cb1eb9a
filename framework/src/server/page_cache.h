// Whether reading a file would wait for a disk.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rondeau::server {

/// True when a part of a file is in the system's memory, as far as looking at a byte of every 128 KiB of it tells: so
/// much the kernel reads ahead. False where it will not say. Never waits.
bool is_cached(int file, std::uint64_t offset, std::size_t length) noexcept;

}  // namespace rondeau::server
