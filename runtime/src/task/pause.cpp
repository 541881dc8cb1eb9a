// Taking a strand out of its task, and into another: what a generator does between two calls of next().
//
// A paused strand refers to no task, and no wake refers to it. Its leaf was disarmed, as that of a select's loser is,
// and tries anew when it is asked; so are those of the branches below it, which gave their slots back.
#include <rondeau/detail/header.h>

namespace rondeau::detail {

void pause(Strand& strand) noexcept {
  for (Hold* hold = strand.holds; hold != nullptr; hold = hold->next) hold->move_to({});
  if (strand.leaf != nullptr) strand.leaf->pause();
}

void unpause(Strand& strand) noexcept {
  for (Hold* hold = strand.holds; hold != nullptr; hold = hold->next) hold->move_to(strand.wake());
  if (strand.leaf != nullptr) strand.leaf->unpause();
}

void set_context(Strand& strand, const ContextNode* context) noexcept {
  strand.context = context;
  if (strand.leaf == nullptr) return;
  if (Group* group = strand.leaf->group(); group != nullptr) group->context_changed();
}

bool leave_holds(Strand& strand) noexcept {
  Group* group = strand.leaf != nullptr ? strand.leaf->group() : nullptr;
  return group == nullptr || group->leave_branch_holds();
}

}  // namespace rondeau::detail
