// EndList: the tasks of a JoinSet or JoinMap, and which of them have ended, in the order they did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <rondeau/detail/cell.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/join_handle.h>

namespace rondeau::detail {

class EndList;

/// One task of a set. Shared by the set and the task, whoever is done with it last.
struct EndMember {
  explicit EndMember(std::shared_ptr<EndList> its_list) noexcept : list(std::move(its_list)) {}

  const std::shared_ptr<EndList> list;
  // Under the list's lock:
  std::shared_ptr<EndMember> self;  ///< the list's share, while it has it
  EndMember* previous = nullptr;
  EndMember* next = nullptr;
};

/// Thread safety: any thread; one waiter at a time.
class EndList {
 public:
  EndList() noexcept;
  EndList(const EndList&) = delete;
  EndList& operator=(const EndList&) = delete;

  /// Before its task is launched.
  void add(std::shared_ptr<EndMember> member) noexcept;
  /// The task has ended altogether. Nothing where the member was taken before.
  void end(EndMember& member) noexcept;
  /// Out of the list, ended or not.
  void take(EndMember& member) noexcept;
  /// The one that ended first; null where none has.
  std::shared_ptr<EndMember> take_ended() noexcept;
  /// Any one, null where none is left.
  std::shared_ptr<EndMember> take_any() noexcept;
  /// `visit` may not touch the list.
  template <class F>
  void for_each(F&& visit) const {
    const std::lock_guard lock(mutex_);
    for (EndMember* member = living_.next; member != &living_; member = member->next) visit(*member);
    for (EndMember* member = ended_.next; member != &ended_; member = member->next) visit(*member);
  }

  /// Resolves when a member has ended, or none is left; who derives from it says with what.
  class [[nodiscard]] Wait : public Awaiter<Wait> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Wait(EndList& list) noexcept : list_(list) {}
    bool try_now() const noexcept { return list_.has_news(); }
    bool enqueue() noexcept { return waiting_ = list_.wait(this->strand->wake()); }
    bool fired() const noexcept { return list_.has_news(); }
    void disarm() noexcept {
      if (std::exchange(waiting_, false)) list_.stop_waiting();
    }

   protected:
    ~Wait() { disarm(); }

   private:
    EndList& list_;
    bool waiting_ = false;  // the list's waiter is this one: another's is not taken away
  };

 private:
  bool wait(Wake wake) noexcept;
  void stop_waiting() noexcept;
  bool has_news() const noexcept;
  bool has_news_locked() const noexcept { return ended_.next != &ended_ || living_.next == &living_; }

  mutable std::mutex mutex_;  // guards all below, and the members' links
  EndMember living_;          // heads of rings
  EndMember ended_;
  Wake waiter_;
};

/// Reports the end of the task in whose cell it stands, once nothing is left but what a handle will take.
class EndTicket {
 public:
  explicit EndTicket(std::shared_ptr<EndMember> member) noexcept : member_(std::move(member)) {}
  EndTicket(EndTicket&&) noexcept = default;
  EndTicket& operator=(EndTicket&&) = delete;
  ~EndTicket() {
    if (member_ != nullptr) member_->list->end(*member_);
  }

 private:
  std::shared_ptr<EndMember> member_;
};

/// A call whose end is reported: the closure of a task, or the function of a blocking call.
template <class F>
struct ReportedCall {
  EndTicket ticket;
  std::optional<F> call;
  decltype(auto) operator()() { return (*call)(); }
  void end_call() noexcept { call.reset(); }
};

/// A task that reports its end to `member`, to be launched.
template <class F, class... Args>
auto* make_reported(std::shared_ptr<EndMember> member, F&& function, Args&&... arguments) {
  using Made = Call<std::decay_t<F>, std::decay_t<Args>...>;
  using T = typename std::invoke_result_t<Made&>::value_type;
  return make_cell<T>(require_scheduler(),
                      ReportedCall<Made>{EndTicket(std::move(member)),
                                         Made{std::forward<F>(function), {std::forward<Args>(arguments)...}}});
}

/// The same for a blocking call.
template <class F, class... Args>
auto* make_reported_blocking(std::shared_ptr<EndMember> member, F&& function, Args&&... arguments) {
  auto call = [function = std::decay_t<F>(std::forward<F>(function)),
               values = std::tuple<std::decay_t<Args>...>(std::forward<Args>(arguments)...)]() mutable {
    return std::apply(std::move(function), std::move(values));
  };
  using Reported = ReportedCall<decltype(call)>;
  return BlockingCell<std::invoke_result_t<decltype(call)&>, Reported>::make(
      &require_scheduler(), Reported{EndTicket(std::move(member)), std::move(call)});
}

}  // namespace rondeau::detail
