#include "harness/worker/protocol.h"

#include <cerrno>
#include <stdexcept>
#include <unistd.h>

#include "reports/jsonl.h"

namespace attnscope::harness::worker {

std::string measure_request(const plan::Case& c, const measure::Settings& settings) {
  return nlohmann::json{{"measure", to_json(c)}, {"settings", to_json(settings)}}.dump();
}

std::string calibrate_request(const std::string& device, const std::string& dtype, int threads) {
  return nlohmann::json{{"calibrate", {{"device", device}, {"dtype", dtype}, {"threads", threads}}}}.dump();
}

std::string predict_request(std::span<const plan::Case> cases) {
  nlohmann::json list = nlohmann::json::array();
  for (const plan::Case& c : cases) list.push_back(to_json(c));
  return nlohmann::json{{"predict", list}}.dump();
}

std::string environment_request(const device::Invocation& invocation) {
  return nlohmann::json{{"environment",
                         {{"argv", invocation.argv},
                          {"seed", invocation.seed},
                          {"run_id", invocation.run_id},
                          {"tags", invocation.tags}}}}
      .dump();
}

device::Invocation invocation_from_json(const nlohmann::json& object) {
  return {object.at("argv"), object.at("seed"), object.at("run_id"), object.at("tags")};
}

void send_measured(const std::string& stage, const measure::Verdict& verdict, const reports::Record& record) {
  send({{"stage", stage},
        {"measured", to_string(verdict.status)},
        {"reason", verdict.reason},
        {"record", reports::to_json(record)}});
}

void send(const nlohmann::json& message) {
  const std::string line = message.dump() + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t count = write(message_descriptor, line.data() + sent, line.size() - sent);
    if (count < 0 && errno != EINTR) throw std::runtime_error("the parent process is gone");
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
}

}  // namespace attnscope::harness::worker
