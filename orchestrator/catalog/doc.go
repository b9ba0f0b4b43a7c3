// Package catalog keeps what executions are started from: state machines with their revisions, versions and aliases, and
// activities; and the tags of both. [Catalog] is the engine's [engine.Machines].
//
// Everything lives in documents of an [engine.MachineStore]:
//
//	machine    ARN               name, type, current revision, versions, aliases, tags
//	revision   ARN#REVISION-ID   definition, role, logging ...; never changes, and outlives its machine
//	activity   ARN               name, tags
//
// Versions, aliases and tags are part of the machine's document, not documents of their own: whatever must hold between them
// (an alias routes to versions that exist, a number is given out once) then holds by the document's etag alone. A writer
// loads the document, changes it and puts it back under the etag that it loaded; when another one was faster, it starts over.
//
// A revision is stored before the document that names it. One that lost a race stays behind unused. Revisions are kept when
// their machine is deleted, so that its running executions go on.
//
// The package imports expr, asl and engine. Time and randomness come from [Config].
package catalog
