#include "counts.h"

namespace chat {

Counts::Counts(rondeau::observe::Registry& registry)
    : connections(registry.gauge("chat_connections", "Members who are connected").with({})),
      rooms(registry.gauge("chat_rooms", "Rooms that are open").with({})),
      messages(registry.counter("chat_messages_total", "Messages that were stored and passed on").with({})),
      missed(registry.counter("chat_missed_messages_total", "Messages that members had to get from history").with({})),
      refused(registry.counter("chat_refused_messages_total", "Messages beyond a limit").with({})),
      unannounced(registry.counter("chat_unannounced_typing_total", "Typing that was not announced").with({})) {}

}  // namespace chat
