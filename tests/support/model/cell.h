// Plain data under watch: every read and write must be ordered with the writes of others, or it is a data race.
#pragma once

#include <type_traits>
#include <utility>

#include "support/model/engine.h"

namespace support::model {

class CellWatch {
 protected:
  CellWatch() noexcept { remember_write(); }
  CellWatch(const CellWatch&) noexcept : CellWatch() {}
  CellWatch& operator=(const CellWatch&) noexcept { return *this; }
  ~CellWatch() {
    check_write();
    alive_ = false;
  }

  void check_read() const noexcept {
    Engine& run = engine();
    if (!alive_) run.fail("plain data is read after it was destroyed");
    const Clock& now = run.clock();
    if (written_ > now[writer_]) run.fail("a data race: plain data is read that another thread may be writing");
    read_[run.self()] = now[run.self()];
  }
  void check_write() noexcept {
    Engine& run = engine();
    if (!alive_) run.fail("plain data is written after it was destroyed");
    const Clock& now = run.clock();
    if (written_ > now[writer_]) run.fail("a data race: plain data is written that another thread may be writing");
    if (!read_.before(now)) run.fail("a data race: plain data is written that another thread may be reading");
    remember_write();
  }

 private:
  void remember_write() noexcept {
    writer_ = engine().self();
    written_ = engine().clock()[writer_];
  }

  mutable Clock read_;
  Epoch written_;
  ThreadId writer_;
  bool alive_ = true;
};

/// Behaves as a T.
template <class T>
class Cell : private CellWatch {
 public:
  constexpr Cell() noexcept
    requires std::is_default_constructible_v<T>
      : value_() {}
  constexpr Cell(T value) noexcept : value_(std::move(value)) {}
  Cell(const Cell& other) noexcept : CellWatch(), value_(other.get()) {}
  Cell& operator=(const Cell& other) noexcept { return set(other.get()); }
  Cell& operator=(T value) noexcept { return set(std::move(value)); }
  ~Cell() = default;

  operator T() const noexcept { return get(); }
  T get() const noexcept {
    check_read();
    return value_;
  }
  T operator->() const noexcept
    requires std::is_pointer_v<T>
  {
    return get();
  }
  std::remove_pointer_t<T>& operator*() const noexcept
    requires std::is_pointer_v<T>
  {
    return *get();
  }
  explicit operator bool() const noexcept
    requires std::is_class_v<T>
  {
    return static_cast<bool>(get());
  }

  T operator++() noexcept { return set(static_cast<T>(get() + 1)); }
  T operator--() noexcept { return set(static_cast<T>(get() - 1)); }
  Cell& operator+=(T by) noexcept { return set(static_cast<T>(get() + by)); }
  Cell& operator-=(T by) noexcept { return set(static_cast<T>(get() - by)); }

 private:
  Cell& set(T value) noexcept {
    check_write();
    value_ = std::move(value);
    return *this;
  }
  T value_;
};

}  // namespace support::model
