// Links: a list through members of its elements, which it does not own.
#pragma once

#include <cstddef>

namespace rondeau::connect {

/// An element is in at most one list by these links. Thread safety: as for an int.
template <class T, T* T::*previous, T* T::*next>
class Links {
 public:
  Links() noexcept = default;
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  T* front() const noexcept { return first_; }
  T* back() const noexcept { return last_; }
  static T* after(const T& element) noexcept { return element.*next; }

  void push_back(T& element) noexcept { insert_after(last_, element); }
  /// `place` null: at the front.
  void insert_after(T* place, T& element) noexcept {
    T*& follows = place != nullptr ? place->*next : first_;
    element.*previous = place;
    element.*next = follows;
    (follows != nullptr ? follows->*previous : last_) = &element;
    follows = &element;
    ++size_;
  }
  void remove(T& element) noexcept {
    (element.*previous != nullptr ? (element.*previous)->*next : first_) = element.*next;
    (element.*next != nullptr ? (element.*next)->*previous : last_) = element.*previous;
    element.*previous = element.*next = nullptr;
    --size_;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rondeau::connect
