// Exchange: what several instances of the service tell each other of their rooms.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history.h"
#include "messages.h"

namespace chat {

/// Messages of others may be late, come twice, out of order, or not at all: rooms go by their ids and by history.
/// Thread safety: any thread.
class Exchange {
 public:
  /// What somebody else told; nothing: some may have been missed. May not wait.
  using Sink = std::function<void(std::optional<out::Event>)>;
  /// As long as it lives, the sink is called.
  using Listening = std::shared_ptr<void>;

  virtual ~Exchange() = default;

  virtual Listening listen(const std::string& room, Sink sink) = 0;
  /// Without waiting; our own sink does not hear it.
  virtual void tell(const std::string& room, const out::Event& event) = 0;

  /// These names are in our room now. Who is not named again within 45 s is not counted any more.
  virtual Task<Result<void>> here(std::string room, std::vector<std::string> names) = 0;
  /// That name is not in our room any more.
  virtual Task<Result<void>> gone(std::string room, std::string name) = 0;
  /// Names that are in the room, of all instances; sorted, each once.
  virtual Task<Result<std::vector<std::string>>> members(std::string room) = 0;
};

}  // namespace chat
