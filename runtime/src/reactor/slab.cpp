#include "reactor/slab.h"

#include <bit>
#include <limits>
#include <new>

namespace rondeau::reactor {

Slab::~Slab() {
  // Records have nothing to destroy: no waiter may be left when the slab goes.
  for (std::atomic<Record*>& page : pages_) ::operator delete(page.load(std::memory_order_relaxed));
}

std::size_t Slab::page_of(std::uint32_t index) noexcept {
  const auto width = static_cast<std::size_t>(std::bit_width(index));
  return width <= kFirstBits ? 0 : width - kFirstBits;
}

std::uint32_t Slab::first_of(std::size_t page) noexcept {
  return page == 0 ? 0 : std::uint32_t{1} << (page + kFirstBits - 1);
}

std::size_t Slab::size_of(std::size_t page) noexcept {
  return std::size_t{1} << (page == 0 ? kFirstBits : page + kFirstBits - 1);
}

Record* Slab::take() noexcept {
  if (free_ != nullptr) {
    Record* record = free_;
    free_ = record->next;
    record->next = nullptr;
    return record;
  }
  const std::size_t page = page_of(made_);
  if (page >= kPages) return nullptr;
  Record* records = pages_[page].load(std::memory_order_relaxed);
  if (records == nullptr) {
    records = static_cast<Record*>(::operator new(size_of(page) * sizeof(Record), std::nothrow));
    if (records == nullptr) return nullptr;
    pages_[page].store(records, std::memory_order_release);  // pairs with the load in find()
  }
  // Made one by one, so that a large page costs resident memory only as far as it is used.
  Record* record = ::new (records + (made_ - first_of(page))) Record(made_);
  ++made_;
  return record;
}

void Slab::give(Record* record) noexcept {
  record->next = free_;
  free_ = record;
}

Record* Slab::find(std::uint32_t index) const noexcept {
  const std::size_t page = page_of(index);
  if (page >= kPages) return nullptr;
  Record* records = pages_[page].load(std::memory_order_acquire);
  return records == nullptr ? nullptr : records + (index - first_of(page));
}

}  // namespace rondeau::reactor
