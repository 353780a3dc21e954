// A Slurm cluster of one node, this machine: munged, slurmctld and slurmd of the distribution's packages, started as
// the current user in a temporary directory and ended with the object.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace attnscope::end_to_end {

class SlurmCluster {
 public:
  // Starts the daemons under `folder`; problem() says what kept the node from becoming idle.
  explicit SlurmCluster(const std::filesystem::path& folder);
  ~SlurmCluster();
  SlurmCluster(const SlurmCluster&) = delete;
  SlurmCluster& operator=(const SlurmCluster&) = delete;

  const std::string& problem() const { return problem_; }  // "" when jobs can be submitted
  // "SLURM_CONF='…' ", to be put before a command.
  std::string environment() const;
  // Waits until no job waits or runs; false after `seconds`.
  bool wait_until_empty(int seconds) const;

 private:
  std::string find_programs();
  void write_configuration() const;
  void start(const std::string& program, const std::vector<std::string>& arguments);
  void stop();
  bool node_is_idle() const;
  std::filesystem::path file(const char* name) const { return folder_ / name; }

  std::filesystem::path folder_;
  std::vector<pid_t> daemons_;
  std::string problem_;
};

}  // namespace attnscope::end_to_end
