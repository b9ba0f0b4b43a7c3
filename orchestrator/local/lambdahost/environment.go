package lambdahost

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// environment is the environment of a process whose Runtime API is at addr, sorted.
// The variables are those of https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
func (fn *function) environment(addr string) []string {
	config := fn.host.config
	env := parseEnviron(config.Environ)
	// What the host got as a Lambda function, or under an emulator, is not meant for its children.
	maps.DeleteFunc(env, func(key, _ string) bool {
		return strings.HasPrefix(key, "AWS_LAMBDA_") || strings.HasPrefix(key, "_LAMBDA_")
	})
	if !hasCredentials(env) {
		env["AWS_ACCESS_KEY_ID"] = "minuet"
		env["AWS_SECRET_ACCESS_KEY"] = "minuet"
	}
	maps.Copy(env, map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME":        fn.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     latest,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(fn.MemorySize),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + fn.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      time.Now().UTC().Format("2006/01/02") + "/[" + latest + "]" + randomHex(16),
		"AWS_EXECUTION_ENV":               "AWS_Lambda_provided.al2023",
		"AWS_REGION":                      config.Region,
		"AWS_DEFAULT_REGION":              config.Region,
		"LAMBDA_TASK_ROOT":                fn.Dir,
		"_HANDLER":                        fn.Handler,
		"TZ":                              ":UTC",
	})
	if config.StatesEndpoint != "" {
		env["AWS_ENDPOINT_URL_SFN"] = config.StatesEndpoint
	}
	maps.Copy(env, fn.Env)
	env["AWS_LAMBDA_RUNTIME_API"] = addr

	list := make([]string, 0, len(env))
	for _, key := range slices.Sorted(maps.Keys(env)) {
		list = append(list, key+"="+env[key])
	}
	return list
}

// hasCredentials reports whether an AWS SDK would find credentials by env. Without any, an SDK asks a metadata service that is
// not there, and functions that never call AWS fail to start.
func hasCredentials(env map[string]string) bool {
	for _, key := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		if env[key] != "" {
			return true
		}
	}
	home := firstNonEmpty(env["HOME"], env["USERPROFILE"])
	if home == "" {
		return false
	}
	for _, name := range []string{"credentials", "config"} {
		if _, err := os.Stat(filepath.Join(home, ".aws", name)); err == nil {
			return true
		}
	}
	return false
}

// parseEnviron turns "KEY=value" texts into a map, in which the last of equal keys wins.
func parseEnviron(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, text := range environ {
		// Windows has hidden variables whose names start with "=".
		if key, value, ok := strings.Cut(text, "="); ok && key != "" {
			env[key] = value
		}
	}
	return env
}
