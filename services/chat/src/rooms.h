// Rooms: which rooms are open. One opens when somebody wants it, and ends when nobody has been there for a minute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/task/task_tracker.h>

#include "room.h"

namespace chat {

struct RoomLimits {
  std::size_t rooms = 10'000;  ///< open at once
  std::size_t members = 500;   ///< connections to one
};

struct RoomInfo {
  std::string room;
  std::int64_t members = 0;  ///< connections
  std::int64_t last_id = 0;
};

/// Thread safety: any thread.
class Rooms : public std::enable_shared_from_this<Rooms> {
 public:
  /// `exchange`: with other instances; null: there are none.
  Rooms(History history, Counts counts, RoomLimits limits, std::shared_ptr<Exchange> exchange = nullptr)
      : history_(std::move(history)), counts_(counts), limits_(limits), exchange_(std::move(exchange)) {}

  /// The room of that name, opened if need be; on a runtime. Errors: Busy where too many are open, Closing after
  /// close().
  Answer<RoomHandle> open(const std::string& name);
  /// Nothing where it is not open.
  std::optional<RoomHandle> find(const std::string& name) const;
  /// Those that are open, by name.
  std::vector<RoomInfo> list() const;
  /// Waits until all have ended; each does so when nobody holds its handle any more.
  Task<void> close();

 private:
  bool may_end(const std::string& name, const rondeau::sync::Receiver<Command>& inbox);

  const History history_;
  const Counts counts_;
  const RoomLimits limits_;
  const std::shared_ptr<Exchange> exchange_;
  const rondeau::TaskTracker tracker_;
  mutable std::mutex mutex_;
  std::map<std::string, RoomHandle, std::less<>> open_;  // guarded by mutex_
  bool closed_ = false;                                  // guarded by mutex_
};

}  // namespace chat
