#include "member.h"

#include <algorithm>
#include <utility>

#include <rondeau/task/task_scope.h>

#include "member_reader.h"
#include "member_writer.h"

namespace chat {

using namespace rondeau;

Task<void> run_member(MemberParts parts, WebSocket<> socket) {
  auto [reader, writer] = std::move(socket).split();
  MemberReader incoming(parts, std::move(reader), writer);
  MemberWriter outgoing(parts, writer);
  // Either ends, both end.
  co_await TaskScope::run(
      [&incoming, &outgoing](TaskScope& scope) -> Task<void> {
        scope.spawn([&incoming] { return incoming.run(); }).detach();
        scope.spawn([&outgoing] { return outgoing.run(); }).detach();
        co_await scope.join();
      },
      EndAll::OnFirst);
}

}  // namespace chat
