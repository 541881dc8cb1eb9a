// Flight: tasks that run inside the task of whoever waits for them, and are paused between two waits.
//
// For streams that have several things under way: like the branches of a select that is awaited again and again, without
// starting anew.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <rondeau/detail/arm.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::detail {

class FlightBase {
 public:
  enum class Until : std::uint8_t { Any, First };

  /// Resolves when the first task, or any of them, has ended; at once where there is none.
  class [[nodiscard]] Wait final : public Group {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;

    Wait(FlightBase& flight, Until until) noexcept : flight_(flight), until_(until) {}
    ~Wait() { disarm(); }
    bool await_ready();
    bool await_suspend(std::coroutine_handle<> waiting) noexcept;
    void await_resume() noexcept { disarm(); }
    void disarm() noexcept;

    bool ready() noexcept override { return decided(); }
    std::coroutine_handle<> branch_done(Branch& branch) noexcept override;
    bool end_branch_holds() noexcept override;
    /// The tasks stay where they are.
    bool leave_branch_holds() noexcept override { return true; }
    void pause() noexcept override;
    void unpause() noexcept override;
    void context_changed() noexcept override;
    void describe(WaitDescription& wait) const noexcept override;
    void for_each_branch(BranchVisitor& visitor) const noexcept override;

   private:
    bool decided() const noexcept;

    FlightBase& flight_;
    const Until until_;
    bool asking_ = false;
  };
  Wait wait(Until until) noexcept { return Wait(*this, until); }

  std::size_t size() const noexcept { return seats_.size(); }
  bool empty() const noexcept { return seats_.empty(); }
  /// Ends the task that was added with this tag.
  void remove(const void* tag) noexcept;

 protected:
  struct Seat {
    explicit Seat(const void* its_tag) noexcept : tag(its_tag) {}
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    virtual ~Seat() = default;
    virtual ArmBase& arm() noexcept = 0;
    virtual void start(Group& group) = 0;

    const void* const tag;
    bool inside = false;  ///< in the task of the wait
  };

  FlightBase() = default;
  FlightBase(FlightBase&&) noexcept = default;
  FlightBase& operator=(FlightBase&&) noexcept = default;
  ~FlightBase() = default;

  /// The one for which the wait was, out of the flight.
  std::unique_ptr<Seat> take_ended() noexcept;

  std::vector<std::unique_ptr<Seat>> seats_;
};

template <class T>
class Flight final : public FlightBase {
  struct TaskSeat final : Seat {
    TaskSeat(task::Task<T>&& task, const void* its_tag) noexcept : Seat(its_tag), branch(std::move(task)) {}
    ArmBase& arm() noexcept override { return branch; }
    void start(Group& group) override { branch.start(group); }
    Arm<task::Task<T>> branch;
  };

 public:
  /// It begins with the next wait that gets to it.
  void add(task::Task<T> task, const void* tag = nullptr) {
    seats_.push_back(std::make_unique<TaskSeat>(std::move(task), tag));
  }
  /// After a wait: what the task gave, or its exception.
  NoVoid<T> take() {
    const std::unique_ptr<Seat> ended = take_ended();
    return static_cast<TaskSeat&>(*ended).branch.take();
  }
};

}  // namespace rondeau::detail
