"""All operations of the API."""

from functools import partial

from dashboard.gallery.pictures import MEDIA_TYPES
from dashboard.routes import event_stream
from dashboard.routes.v1 import job_events, jobs, pictures, state
from dashboard.routes.v1.operations import Answer, Operation
from dashboard.routes.v1.schemas.jobs import AcceptedJobs, Job, JobPage, NewJob
from dashboard.routes.v1.schemas.pictures import PictureDetails, PicturePage
from dashboard.routes.v1.schemas.state import State

_KEY = {
    "Idempotency-Key": "1 to 255 visible characters, new for each request: the same request can "
    "be sent again with it, and creates no second job."
}
_LAST = {"Last-Event-ID": "The id of the newest event that a client received before."}
_empty = partial(Answer, media_types=())
_DONE = {204: _empty("Done.")}
_STREAM = (event_stream.MEDIA_TYPE,)
_PICTURE = tuple(MEDIA_TYPES.values())

JOBS = (
    Operation(
        "submitJob",
        "POST",
        "/jobs",
        jobs.submit,
        "Jobs",
        "Submit a job",
        {
            202: Answer(
                "The job is on the queue, and survives restarts.",
                AcceptedJobs,
                headers={"Location": "The path of the job; missing if there are several."},
            )
        },
        description="It is generated once a worker is free, which may first have to start.",
        action="submit",
        body=NewJob,
        headers=_KEY,
        problems=(400, 409, 413, 415, 422, 503),
    ),
    Operation(
        "listJobs",
        "GET",
        "/jobs",
        jobs.list_jobs,
        "Jobs",
        "List jobs, newest first",
        {200: Answer("A page of jobs.", JobPage)},
        description="All that are unfinished, and the newest 1000 that are finished.",
        query=jobs.JobQuery,
        problems=(422,),
    ),
    Operation(
        "getJob",
        "GET",
        "/jobs/{id}",
        jobs.read_job,
        "Jobs",
        "Read a job",
        {200: Answer("The job.", Job)},
        description="Finished jobs are read from the store, however old they are.",
        problems=(404, 503),
    ),
    Operation(
        "cancelJob",
        "DELETE",
        "/jobs/{id}",
        jobs.cancel_job,
        "Jobs",
        "Cancel a job",
        {200: Answer("The job, cancelled now or before.", Job)},
        description="A worker that generates it stops at its next step; stored pictures stay.",
        action="cancel",
        problems=(404, 409, 503),
    ),
    Operation(
        "streamJob",
        "GET",
        "/jobs/{id}/events",
        job_events.stream_job,
        "Jobs",
        "Follow a job",
        {
            200: Answer(
                "Server-sent events named `job`, each with the whole job as its data: first as it "
                "is, then after each change. The stream ends with the job.",
                Job,
                _STREAM,
            ),
            204: _empty("`Last-Event-ID` is that of the end: there is nothing more to follow."),
        },
        description="A comment each 15 seconds keeps the connection open.",
        headers=_LAST,
        problems=(404, 503),
    ),
    Operation(
        "streamJobs",
        "GET",
        "/events",
        job_events.stream_jobs,
        "Jobs",
        "Follow all jobs",
        {200: Answer("Server-sent events named `job`, each with a changed job.", Job, _STREAM)},
        description="With `Last-Event-ID` first come all jobs of `GET /jobs` that may have changed "
        "since; some may be sent twice. An event without data has an id to continue from.",
        headers=_LAST,
        problems=(503,),
    ),
)

PICTURES = (
    Operation(
        "listPictures",
        "GET",
        "/pictures",
        pictures.list_pictures,
        "Pictures",
        "List pictures, newest first",
        {200: Answer("A page of pictures.", PicturePage)},
        query=pictures.PictureQuery,
        problems=(422,),
    ),
    Operation(
        "getPicture",
        "GET",
        "/pictures/{name}",
        pictures.read_picture,
        "Pictures",
        "Read how a picture was made",
        {200: Answer("The picture's metadata.", PictureDetails)},
        problems=(404, 410, 503),
    ),
    Operation(
        "getPictureFile",
        "GET",
        "/pictures/{name}/file",
        pictures.read_file,
        "Pictures",
        "Read a picture's file",
        {200: Answer("The file. The name never refers to another one.", None, _PICTURE)},
        query=pictures.FileQuery,
        problems=(404, 410, 422, 503),
    ),
    Operation(
        "deletePicture",
        "DELETE",
        "/pictures/{name}",
        pictures.delete_picture,
        "Pictures",
        "Delete a picture",
        _DONE,
        description="For everybody, and for good. It needs the presenter's key, if there is one.",
        action="delete",
        problems=(404, 409, 410, 503),
    ),
    Operation(
        "starPicture",
        "PUT",
        "/pictures/{name}/star",
        pictures.set_star(True),
        "Pictures",
        "Star a picture",
        _DONE,
        description="For everybody. Stars that are there already stay.",
        action="star",
        problems=(404, 409, 410, 503),
    ),
    Operation(
        "unstarPicture",
        "DELETE",
        "/pictures/{name}/star",
        pictures.set_star(False),
        "Pictures",
        "Remove a picture's star",
        _DONE,
        action="star",
        problems=(404, 409, 410, 503),
    ),
)

STATE = (
    Operation(
        "getState",
        "GET",
        "/state",
        state.read_state,
        "State",
        "Read queue, scaler, workers and nodes",
        {200: Answer("What the pages show.", State)},
        description="What is unknown is null, never zero.",
    ),
)

OPERATIONS = (*JOBS, *PICTURES, *STATE)
