#include <rondeau/time/delay_queue.h>

#include <utility>

namespace rondeau::time {

DelayOrder::DelayOrder(DelayOrder&& other) noexcept
    : places_(std::move(other.places_)),
      heap_(std::move(other.heap_)),
      free_(std::exchange(other.free_, kNowhere)),
      last_serial_(other.last_serial_),
      last_order_(other.last_order_) {
  if (other.timer_.awaited()) base::fail("a DelayQueue was moved while its next() waits");
}

DelayOrder& DelayOrder::operator=(DelayOrder&& other) noexcept {
  if (timer_.awaited() || other.timer_.awaited()) base::fail("a DelayQueue was moved while its next() waits");
  std::swap(places_, other.places_);
  std::swap(heap_, other.heap_);
  std::swap(free_, other.free_);
  std::swap(last_serial_, other.last_serial_);
  std::swap(last_order_, other.last_order_);
  return *this;
}

DelayOrder::~DelayOrder() {
  stop_waiting();
}

DelayKey DelayOrder::insert(base::Instant deadline) {
  heap_.push_back(kNowhere);
  if (free_ == kNowhere) {
    try {
      places_.push_back({});
    } catch (...) {
      heap_.pop_back();
      throw;
    }
    free_ = static_cast<std::uint32_t>(places_.size() - 1);
  }
  const std::uint32_t place = free_;
  free_ = places_[place].at;
  places_[place] = {deadline, ++last_serial_, ++last_order_, kNowhere};
  put(place, heap_.size() - 1);
  sift_up(heap_.size() - 1);
  if (first() == place) first_changed();
  return key(place);
}

std::uint32_t DelayOrder::find(DelayKey key) const noexcept {
  const bool named = key.serial_ != 0 && key.place_ < places_.size() && places_[key.place_].serial == key.serial_;
  return named ? key.place_ : kNowhere;
}

std::uint32_t DelayOrder::get(DelayKey key, std::source_location where) const noexcept {
  const std::uint32_t place = find(key);
  if (place == kNowhere) base::fail("this key names no value of the DelayQueue any more; ask with try_remove()", where);
  return place;
}

void DelayOrder::remove(std::uint32_t place) noexcept {
  const std::size_t at = places_[place].at;
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (last != place) {
    put(last, at);
    sift_up(at);
    sift_down(places_[last].at);
  }
  places_[place].serial = 0;
  places_[place].at = std::exchange(free_, place);
  if (at == 0) first_changed();
}

void DelayOrder::reset(std::uint32_t place, base::Instant deadline) noexcept {
  const std::uint32_t before = first();
  places_[place].deadline = deadline;
  places_[place].order = ++last_order_;
  sift_up(places_[place].at);
  sift_down(places_[place].at);
  if (first() == place || before == place) first_changed();
}

void DelayOrder::clear() noexcept {
  places_.clear();
  heap_.clear();
  free_ = kNowhere;
  first_changed();
}

std::size_t DelayOrder::compact() {
  while (!places_.empty() && places_.back().serial == 0) places_.pop_back();
  free_ = kNowhere;
  for (std::size_t i = places_.size(); i-- > 0;) {
    if (places_[i].serial == 0) places_[i].at = std::exchange(free_, static_cast<std::uint32_t>(i));
  }
  places_.shrink_to_fit();
  heap_.shrink_to_fit();
  return places_.size();
}

void DelayOrder::reserve(std::size_t additional) {
  places_.reserve(size() + additional);
  heap_.reserve(size() + additional);
}

bool DelayOrder::wait(detail::Wake wake, detail::Scheduler& scheduler) noexcept {
  // Where the clock is behind the wheel's tick it is looked at again, so that nothing comes early.
  while (!due()) {
    if (detail::arm_timer(timer_, deadline(first()), wake, scheduler)) return true;
  }
  return false;
}

bool DelayOrder::before(std::uint32_t left, std::uint32_t right) const noexcept {
  const Place& a = places_[left];
  const Place& b = places_[right];
  return a.deadline < b.deadline || (a.deadline == b.deadline && a.order < b.order);
}

void DelayOrder::put(std::uint32_t place, std::size_t at) noexcept {
  heap_[at] = place;
  places_[place].at = static_cast<std::uint32_t>(at);
}

void DelayOrder::sift_up(std::size_t at) noexcept {
  const std::uint32_t place = heap_[at];
  while (at > 0 && before(place, heap_[(at - 1) / 2])) {
    put(heap_[(at - 1) / 2], at);
    at = (at - 1) / 2;
  }
  put(place, at);
}

void DelayOrder::sift_down(std::size_t at) noexcept {
  const std::uint32_t place = heap_[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], place)) break;
    put(heap_[child], at);
    at = child;
  }
  put(place, at);
}

/// A next() that waits is woken for the new first one.
void DelayOrder::first_changed() noexcept {
  if (timer_.awaited()) detail::move_timer(timer_, heap_.empty() ? base::Instant::now() : deadline(first()));
}

}  // namespace rondeau::time
