#include <rondeau/detail/generator_body.h>

namespace rondeau::detail {

std::coroutine_handle<> GeneratorBody::item_given() noexcept {
  if (line.holds != nullptr) {
    base::fail("co_yield inside a scope: its children would run on with nobody to wait for them; leave the scope first");
  }
  has_item = true;
  return caller->branch_done(line);
}

void GeneratorCall::enter() noexcept {
  if (body_->caller == this) return;
  if (body_->caller != nullptr) base::fail("an AsyncGenerator has one user at a time; this one has a next() that waits");
  body_->caller = this;
  body_->line.owner = this;
  join_task();
}

void GeneratorCall::leave() noexcept {
  if (body_ == nullptr || body_->caller != this) return;
  pause();
  body_->caller = nullptr;
  body_->line.owner = nullptr;
}

void GeneratorCall::join_task() noexcept {
  Branch& line = body_->line;
  line.task = strand->task;
  line.slot = strand->slot;
  context_changed();
  detail::unpause(line);
}

void GeneratorCall::pause() noexcept {
  Branch& line = body_->line;
  detail::pause(line);
  line.task = nullptr;
  line.slot = 0;
  line.ending = false;  // it may have outlived the frames with which it was to end
  detail::set_context(line, nullptr);
}

void GeneratorCall::context_changed() noexcept {
  if (body_ != nullptr && body_->caller == this) detail::set_context(body_->line, strand->context);
}

void GeneratorCall::for_each_branch(BranchVisitor& visitor) const noexcept {
  if (body_ != nullptr && body_->caller == this) visitor.visit(body_->line);
}

void GeneratorCall::unpause() noexcept {
  join_task();
}

std::coroutine_handle<> GeneratorCall::branch_done(Branch&) noexcept {
  if (asking_) return std::noop_coroutine();
  // A combinator inside the body was woken by its own slot and went on to the body's end, or to a co_yield.
  strand->leaf = nullptr;
  if (frame) return frame;
  auto& outer = static_cast<Branch&>(*strand);  // without a frame: itself a branch of a combinator
  return outer.owner->branch_done(outer);
}

bool GeneratorNext::await_ready() {
  if (body_ == nullptr) return true;
  enter();
  deferred_ = strand->task->root.budget == 0;
  if (deferred_ || !go_on()) return false;
  std::uint8_t& budget = strand->task->root.budget;
  if (budget > 0) --budget;
  return true;
}

bool GeneratorNext::await_suspend(std::coroutine_handle<> waiting) noexcept {
  wait(waiting);
  if (deferred_) {
    strand->wake().wake_by_reference();
    note_forced_yield(*strand->task);
  }
  return true;
}

bool GeneratorNext::ready() noexcept {
  deferred_ = false;
  return !body_->line.ending && go_on();
}

bool GeneratorNext::end_branch_holds() noexcept {
  if (body_ == nullptr || body_->caller != this) return true;
  body_->line.ending = true;
  return end_holds(body_->line);
}

bool GeneratorNext::finish() {
  leave();
  if (body_ == nullptr) return false;
  if (body_->thrown) std::rethrow_exception(std::exchange(body_->thrown, nullptr));
  return std::exchange(body_->has_item, false);
}

bool GeneratorNext::finished() const noexcept {
  return body_->has_item || body_->self.done();
}

/// Runs the body to its next item, its end, or where it must wait.
bool GeneratorNext::go_on() noexcept {
  if (finished()) return true;
  std::coroutine_handle<> innermost = body_->self;
  if (Leaf* leaf = body_->line.leaf; leaf != nullptr) {
    if (!leaf->ready()) return false;
    body_->line.leaf = nullptr;
    innermost = leaf->frame;
  }
  asking_ = true;
  innermost.resume();
  asking_ = false;
  return finished();
}

bool GeneratorEnd::await_ready() {
  if (body_ == nullptr) return true;
  enter();
  return end_branch_holds();
}

void GeneratorEnd::unpause() noexcept {
  GeneratorCall::unpause();
  static_cast<void>(end_branch_holds());
}

bool GeneratorEnd::end_branch_holds() noexcept {
  if (body_ == nullptr) return true;
  body_->line.ending = true;
  return end_holds(body_->line);
}

void GeneratorEnd::await_resume() noexcept {
  if (body_ == nullptr) return;
  leave();
  handle_ = nullptr;
  GeneratorBody& ended = *std::exchange(body_, nullptr);
  destroy_frames(ended.line, ended.self);
}

void destroy_generator(GeneratorBody& body) noexcept {
  if (body.caller != nullptr) base::fail("an AsyncGenerator was destroyed while its next() waits");
  if (!end_holds(body.line)) {
    base::fail("an AsyncGenerator whose body has an open scope cannot be ended by a destructor: co_await cancel(generator)");
  }
  destroy_frames(body.line, body.self);
}

}  // namespace rondeau::detail
